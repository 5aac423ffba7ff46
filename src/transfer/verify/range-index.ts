import type { ByteRange } from '../block-device.ts';
import { endOf, rangeBetween, subtract } from '../ranges.ts';

/** A normal list of ranges that is asked in any order; each question costs the logarithm of its length. */
export class RangeIndex {
  readonly #ranges: readonly ByteRange[];

  constructor(normalRanges: readonly ByteRange[]) {
    this.#ranges = normalRanges;
  }

  /** The parts of `range` inside the list. */
  inside(range: ByteRange): ByteRange[] {
    const parts: ByteRange[] = [];
    for (let index = this.#firstEndingAfter(range.offset); ; index += 1) {
      const found = this.#ranges[index];
      if (found === undefined || found.offset >= endOf(range)) return parts;
      parts.push(rangeBetween(Math.max(found.offset, range.offset), Math.min(endOf(found), endOf(range))));
    }
  }

  /** The parts of `range` outside the list. */
  outside(range: ByteRange): ByteRange[] {
    return subtract([range], this.inside(range));
  }

  /** Whether all of `range` is inside the list. */
  holds(range: ByteRange): boolean {
    const found = this.#ranges[this.#firstEndingAfter(range.offset)];
    return found !== undefined && found.offset <= range.offset && endOf(range) <= endOf(found);
  }

  #firstEndingAfter(position: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const range = this.#ranges[middle];
      if (range !== undefined && endOf(range) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
