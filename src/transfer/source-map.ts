import { GiB, MiB } from '../base/units.ts';
import type { BlockDevice, ByteRange, Extent } from './block-device.ts';
import { endOf, rangeBetween } from './ranges.ts';

/** How far one question looks ahead. A delta is mostly data: looking far ahead of it asks about what nobody copies. */
const WINDOW_BYTES = { whole: 2 * GiB, delta: 256 * MiB };
/** After so many failed questions in a row the source is not asked again: all the rest is data. */
const FAILURES_MAX = 3;

/**
 * What the source says about itself, asked in large steps while the copy walks forward. The answer saves work, it is
 * never needed: whatever fails here is called data and gets read. (Block status of VDDK is known to fail near the end
 * of a disk after hours of copying.)
 */
export class SourceMap {
  readonly #source: Pick<BlockDevice, 'extents'>;
  readonly #lengthBytes: number;
  readonly #windowBytes: number;
  #known: readonly Extent[] = [];
  #index = 0;
  #failures = 0;

  constructor(source: Pick<BlockDevice, 'extents'>, options: { lengthBytes: number; isDelta: boolean }) {
    this.#source = source;
    this.#lengthBytes = options.lengthBytes;
    this.#windowBytes = options.isDelta ? WINDOW_BYTES.delta : WINDOW_BYTES.whole;
  }

  /** The runs of `range`, neighbours of one kind merged. Ranges must ascend from call to call. */
  async *runs(range: ByteRange): AsyncGenerator<Extent> {
    let held: Extent | undefined;
    let position = range.offset;
    while (position < endOf(range)) {
      const extent = this.#find(position) ?? (await this.#ask(position));
      const end = Math.min(endOf(extent), endOf(range));
      if (held?.kind === extent.kind) {
        held = { ...rangeBetween(held.offset, end), kind: held.kind };
      } else {
        if (held !== undefined) yield held;
        held = { ...rangeBetween(position, end), kind: extent.kind };
      }
      position = end;
    }
    if (held !== undefined) yield held;
  }

  #find(position: number): Extent | undefined {
    for (;;) {
      const extent = this.#known[this.#index];
      if (extent === undefined || endOf(extent) > position) return extent;
      this.#index += 1;
    }
  }

  async #ask(position: number): Promise<Extent> {
    const length = Math.min(this.#windowBytes, this.#lengthBytes - position);
    const unknown: Extent = { offset: position, length, kind: 'data' };
    let answer: readonly Extent[] = [unknown];
    if (this.#failures < FAILURES_MAX) {
      try {
        answer = await this.#source.extents(position, length);
        this.#failures = 0;
      } catch {
        this.#failures += 1;
      }
    }
    this.#known = answer;
    this.#index = 0;
    return this.#find(position) ?? unknown;
  }
}
