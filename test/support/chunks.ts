import { RunCut, type Chunk, type ChunkShape, type Run } from '../../src/transfer/plan-copy.ts';

/** All chunks of a run, in order. */
export function* chunksOf(run: Run, shape: ChunkShape): Generator<Chunk> {
  const cut = new RunCut(run, shape);
  for (let chunk = cut.next(); chunk !== undefined; chunk = cut.next()) yield chunk;
}
