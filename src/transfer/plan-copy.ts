import { MiB } from '../base/units.ts';
import type { ByteRange } from './block-device.ts';
import type { DiskShape } from './extent-stream.ts';
import { alignDown, alignUp, cut, endOf, normalise, rangeBetween, RangeCursor } from './ranges.ts';
import type { SourceMap } from './source-map.ts';

/**
 * From extents to chunks, lazily: what is read, what is zeroed, what was done before.
 * data: read it, look at it, write it. zero: reads zero on the source (or lies outside a full resync's extents).
 * tail: data at the end of the source inside a block of the target that reaches beyond it.
 * done: an earlier run made it durable.
 */
export interface Chunk extends ByteRange {
  readonly kind: 'data' | 'zero' | 'tail' | 'done';
}

/** One request to zero: large enough for terabytes of nothing, small enough for a target that writes the zeros. */
const ZERO_CHUNK_BYTES = 64 * MiB;

export interface PlanOptions extends DiskShape {
  /** Normal form, ascending; see extent-stream.ts. */
  readonly extents: Iterable<ByteRange> | AsyncIterable<ByteRange>;
  readonly outside: 'leave' | 'zero';
  readonly done: Iterable<ByteRange>;
  /** Absent: everything inside the extents is data. */
  readonly sourceMap: SourceMap | undefined;
  /** Multiple of blockBytes. */
  readonly requestBytes: number;
  /** The target's own block, and whether it has bytes behind lengthBytes. */
  readonly targetBlockBytes: number;
  readonly targetIsLarger: boolean;
}

type Part = ByteRange & { readonly kind: 'data' | 'zero' | 'done' };

export async function* planCopy(options: PlanOptions): AsyncGenerator<Chunk> {
  const tailAt = tailStart(options);
  const done = new RangeCursor(alignInward(options.done, options));
  for await (const part of withOutside(options)) {
    for (const piece of withoutDone(part, done)) {
      for await (const run of dataAndZeros(piece, options)) yield* chunksOf(run, options, tailAt);
    }
  }
}

/** The extents as data and, in a full resync, the gaps between them as zeros. */
async function* withOutside(options: PlanOptions): AsyncGenerator<Part> {
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

function* withoutDone(part: Part, done: RangeCursor): Generator<Part> {
  let position = part.offset;
  for (const open of done.outside(part)) {
    if (open.offset > position) yield { ...rangeBetween(position, open.offset), kind: 'done' };
    yield { offset: open.offset, length: open.length, kind: part.kind };
    position = endOf(open);
  }
  if (position < endOf(part)) yield { ...rangeBetween(position, endOf(part)), kind: 'done' };
}

/** Splits by what the source says; zeros shrink to whole blocks, because the bytes beside them are data. */
async function* dataAndZeros(piece: Part, options: PlanOptions): AsyncGenerator<Part> {
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

function* chunksOf(part: Part, options: PlanOptions, tailAt: number): Generator<Chunk> {
  if (part.kind === 'done') {
    yield part;
    return;
  }
  const size = part.kind === 'zero' ? ZERO_CHUNK_BYTES : options.requestBytes;
  for (const piece of cut(part, size)) {
    if (endOf(piece) <= tailAt) {
      yield { offset: piece.offset, length: piece.length, kind: part.kind };
      continue;
    }
    if (piece.offset < tailAt) yield { ...rangeBetween(piece.offset, tailAt), kind: part.kind };
    yield { ...rangeBetween(Math.max(piece.offset, tailAt), endOf(piece)), kind: 'tail' };
  }
}

/** Where the target's last, partly ours, block begins; Infinity when there is none. */
function tailStart(options: PlanOptions): number {
  const start = alignDown(options.lengthBytes, options.targetBlockBytes);
  return options.targetIsLarger && start < options.lengthBytes ? start : Infinity;
}

/** Done ranges shrunk to whole blocks: a block of which only a part was done is not done. */
function alignInward(done: Iterable<ByteRange>, disk: DiskShape): ByteRange[] {
  return normalise(done).flatMap((range) => {
    const start = alignUp(range.offset, disk.blockBytes);
    const end = endOf(range) >= disk.lengthBytes ? disk.lengthBytes : alignDown(endOf(range), disk.blockBytes);
    return end > start ? [rangeBetween(start, end)] : [];
  });
}
