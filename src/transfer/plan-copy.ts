import { MiB } from '../base/units.ts';
import type { ByteRange } from './block-device.ts';
import type { DiskShape } from './extent-stream.ts';
import { alignDown, alignInward, alignUp, endOf, normalise, rangeBetween, RangeCursor } from './ranges.ts';
import type { SourceMap } from './source-map.ts';

/**
 * From extents to runs to chunks, lazily: what is read, what is zeroed, what was done before.
 * data: read it, look at it, write it. zero: reads zero on the source (or lies outside a full resync's extents).
 */
export interface Run extends ByteRange {
  readonly kind: 'data' | 'zero';
}

/** done: an earlier run of the copy made it durable. */
export interface PlannedRun extends ByteRange {
  readonly kind: Run['kind'] | 'done';
}

/**
 * What one lane does at a time. tail: the end of the source inside a block of the target that reaches beyond it, data or
 * zeros.
 */
export interface Chunk extends ByteRange {
  readonly kind: Run['kind'] | 'tail' | 'zero-tail';
}

/** One request to zero: large enough for terabytes of nothing, small enough for a target that writes the zeros. */
const ZERO_CHUNK_BYTES = 64 * MiB;

export interface ChunkShape extends DiskShape {
  /** Multiple of blockBytes. */
  readonly requestBytes: number;
  /** The target's own block, and whether it has bytes behind lengthBytes. */
  readonly targetBlockBytes: number;
  readonly targetIsLarger: boolean;
}

export interface PlanOptions extends DiskShape {
  /** Normal form, ascending; see extent-stream.ts. */
  readonly extents: Iterable<ByteRange> | AsyncIterable<ByteRange>;
  readonly outside: 'leave' | 'zero';
  readonly done: Iterable<ByteRange>;
  /** Absent: everything inside the extents is data. */
  readonly sourceMap: SourceMap | undefined;
}

/** The runs of a copy in the order of the disk; `chunksOf` cuts them. */
export async function* planCopy(options: PlanOptions): AsyncGenerator<PlannedRun> {
  // A block of which only a part was done is not done.
  const whole = (range: ByteRange): ByteRange | [] => alignInward(range, options.blockBytes, options.lengthBytes) ?? [];
  const done = new RangeCursor(normalise(options.done).flatMap(whole));
  for await (const part of withOutside(options)) {
    for (const piece of withoutDone(part, done)) {
      yield* dataAndZeros(piece, options);
    }
  }
}

/** The extents as data and, in a full resync, the gaps between them as zeros. */
async function* withOutside(options: PlanOptions): AsyncGenerator<Run> {
  let position = 0;
  for await (const range of options.extents) {
    if (options.outside === 'zero' && range.offset > position) {
      yield { ...rangeBetween(position, range.offset), kind: 'zero' };
    }
    yield { offset: range.offset, length: range.length, kind: 'data' };
    position = endOf(range);
  }
  if (options.outside === 'zero' && position < options.lengthBytes) {
    yield { ...rangeBetween(position, options.lengthBytes), kind: 'zero' };
  }
}

function* withoutDone(part: Run, done: RangeCursor): Generator<PlannedRun> {
  let position = part.offset;
  for (const open of done.outside(part)) {
    if (open.offset > position) yield { ...rangeBetween(position, open.offset), kind: 'done' };
    yield { offset: open.offset, length: open.length, kind: part.kind };
    position = endOf(open);
  }
  if (position < endOf(part)) yield { ...rangeBetween(position, endOf(part)), kind: 'done' };
}

/** Splits by what the source says; zeros shrink to whole blocks, because the bytes beside them are data. */
async function* dataAndZeros(piece: PlannedRun, options: PlanOptions): AsyncGenerator<PlannedRun> {
  if (piece.kind !== 'data' || options.sourceMap === undefined) {
    yield piece;
    return;
  }
  const end = endOf(piece);
  let position = piece.offset;
  for await (const run of options.sourceMap.runs(piece)) {
    if (run.kind === 'data') continue;
    const zeroStart = alignUp(run.offset, options.blockBytes);
    const zeroEnd = endOf(run) === end ? end : alignDown(endOf(run), options.blockBytes);
    if (zeroEnd <= zeroStart) continue;
    if (zeroStart > position) yield { ...rangeBetween(position, zeroStart), kind: 'data' };
    yield { ...rangeBetween(zeroStart, zeroEnd), kind: 'zero' };
    position = zeroEnd;
  }
  if (position < end) yield { ...rangeBetween(position, end), kind: 'data' };
}

/** A run in pieces of one request each, one at a time: this happens for every request. */
export class RunCut {
  readonly #kind: Run['kind'];
  readonly #end: number;
  readonly #sizeBytes: number;
  readonly #tailAt: number;
  #position: number;

  constructor(run: Run, shape: ChunkShape) {
    this.#kind = run.kind;
    this.#position = run.offset;
    this.#end = endOf(run);
    this.#sizeBytes = run.kind === 'zero' ? ZERO_CHUNK_BYTES : shape.requestBytes;
    this.#tailAt = tailStart(shape);
  }

  /** Undefined: the run is at its end. Pieces end at multiples of their size, and where the tail begins. */
  next(): Chunk | undefined {
    const offset = this.#position;
    if (offset >= this.#end) return undefined;
    const isTail = offset >= this.#tailAt;
    const stop = isTail ? this.#end : Math.min(this.#end, this.#tailAt);
    const end = Math.min(stop, alignDown(offset, this.#sizeBytes) + this.#sizeBytes);
    this.#position = end;
    if (!isTail) return { offset, length: end - offset, kind: this.#kind };
    return { offset, length: end - offset, kind: this.#kind === 'zero' ? 'zero-tail' : 'tail' };
  }
}

/** Where the target's last, partly ours, block begins; Infinity when there is none. */
function tailStart(options: ChunkShape): number {
  const start = alignDown(options.lengthBytes, options.targetBlockBytes);
  return options.targetIsLarger && start < options.lengthBytes ? start : Infinity;
}
