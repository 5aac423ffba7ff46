import type { ChunkHasher } from './chunk-hasher.ts';
import type { VerifyPlan } from './sample.ts';

export type { ChunkHasher };

/** Loaded only where something is hashed. Errors: those of loadChunkHash. */
export async function hasherOf(plan: VerifyPlan | undefined): Promise<ChunkHasher | undefined> {
  if (plan === undefined) return undefined;
  const { loadChunkHasher } = await import('./chunk-hasher.ts');
  return loadChunkHasher(plan);
}
