import { invariant } from '../base/invariant.ts';
import type { ByteRange } from './block-device.ts';

/**
 * Arithmetic of byte ranges. "Normal" means: ascending, none empty, none touching or overlapping the next.
 * Functions that say so require normal input and all return normal output.
 */

export const endOf = (range: ByteRange): number => range.offset + range.length;

export function rangeBetween(start: number, end: number): ByteRange {
  return { offset: start, length: end - start };
}

export const alignDown = (value: number, blockBytes: number): number => value - (value % blockBytes);

export function alignUp(value: number, blockBytes: number): number {
  const rest = value % blockBytes;
  return rest === 0 ? value : value + (blockBytes - rest);
}

export function sumBytes(ranges: Iterable<ByteRange>): number {
  let sum = 0;
  for (const range of ranges) sum += range.length;
  return sum;
}

/** Any ranges, in any order, overlapping or empty: the normal form of their union. */
export function normalise(ranges: Iterable<ByteRange>): ByteRange[] {
  const sorted = [...ranges].filter((range) => range.length > 0).sort((a, b) => a.offset - b.offset);
  const normal: ByteRange[] = [];
  for (const range of sorted) {
    const last = normal.at(-1);
    if (last !== undefined && range.offset <= endOf(last)) {
      normal[normal.length - 1] = rangeBetween(last.offset, Math.max(endOf(last), endOf(range)));
    } else {
      normal.push(rangeBetween(range.offset, endOf(range)));
    }
  }
  return normal;
}

/** The part of `range` inside [0, limitBytes); undefined when nothing is left. */
export function clip(range: ByteRange, limitBytes: number): ByteRange | undefined {
  const end = Math.min(endOf(range), limitBytes);
  return end > range.offset ? rangeBetween(range.offset, end) : undefined;
}

/** `range` grown outward to whole blocks, but not past `limitBytes`, which need not be a whole block. */
export function alignOutward(range: ByteRange, blockBytes: number, limitBytes: number): ByteRange {
  return rangeBetween(alignDown(range.offset, blockBytes), Math.min(alignUp(endOf(range), blockBytes), limitBytes));
}

/**
 * `range` shrunk to its whole blocks; undefined when it has none. The end of the disk, `limitBytes`, ends a block; nothing
 * beyond it is left.
 */
export function alignInward(range: ByteRange, blockBytes: number, limitBytes: number): ByteRange | undefined {
  const start = alignUp(range.offset, blockBytes);
  const end = endOf(range) >= limitBytes ? limitBytes : alignDown(endOf(range), blockBytes);
  return end > start ? rangeBetween(start, end) : undefined;
}

/**
 * Subtracts and complements against one normal list while the caller walks forward: each call costs the ranges it
 * passes, not the length of the list. Calls must come with ascending, not overlapping ranges.
 */
export class RangeCursor {
  readonly #ranges: readonly ByteRange[];
  #index = 0;

  constructor(normalRanges: readonly ByteRange[]) {
    this.#ranges = normalRanges;
  }

  /** The parts of `range` that are outside the list. */
  *outside(range: ByteRange): Generator<ByteRange> {
    let position = range.offset;
    const end = endOf(range);
    while (position < end) {
      const next = this.#next(position);
      if (next === undefined || next.offset >= end) {
        yield rangeBetween(position, end);
        return;
      }
      if (next.offset > position) yield rangeBetween(position, next.offset);
      position = Math.min(endOf(next), end);
    }
  }

  /** The first range of the list that ends after `position`. */
  #next(position: number): ByteRange | undefined {
    for (;;) {
      const range = this.#ranges[this.#index];
      if (range === undefined || endOf(range) > position) return range;
      this.#index += 1;
    }
  }
}

/** What of the normal list `from` is not in the normal list `without`. */
export function subtract(from: readonly ByteRange[], without: readonly ByteRange[]): ByteRange[] {
  const cursor = new RangeCursor(without);
  return from.flatMap((range) => [...cursor.outside(range)]);
}

/** What of [0, limitBytes) is not in the normal list. */
export function complement(ranges: readonly ByteRange[], limitBytes: number): ByteRange[] {
  return limitBytes === 0 ? [] : subtract([rangeBetween(0, limitBytes)], ranges);
}

/** `range` in pieces that end at multiples of `pieceBytes` (of the disk, not of the range). */
export function* cut(range: ByteRange, pieceBytes: number): Generator<ByteRange> {
  invariant(pieceBytes > 0, 'a piece has a size');
  const end = endOf(range);
  let position = range.offset;
  while (position < end) {
    const next = Math.min(end, alignDown(position, pieceBytes) + pieceBytes);
    yield rangeBetween(position, next);
    position = next;
  }
}
