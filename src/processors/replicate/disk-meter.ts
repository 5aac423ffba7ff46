import type { CopyCounter } from '../../transfer/copy-options.ts';
import type { VerifyProgress } from '../../transfer/verify/verified-copy.ts';

/** The two ends of a copy, as far as a meter looks at them: how many connections are up now. */
export interface Sides {
  readonly source: { readonly connections: number };
  readonly target: { readonly connections: number };
}

/** Counts one disk; called by the engine for each chunk, so it only remembers. */
export class DiskMeter {
  #areaBytes = 0;
  #copiedBefore = 0;
  #counter: Readonly<CopyCounter> | undefined;
  #sides: Sides | undefined;
  #verifying: VerifyProgress | undefined;
  #comparison: { readonly reached: number; readonly end: number } | undefined;

  /** Before the first byte moves: what the source has in areas, and what earlier attempts of the cycle carried over. */
  expect(of: { readonly areaBytes: number; readonly copiedBefore: number }): void {
    this.#areaBytes = of.areaBytes;
    this.#copiedBefore = of.copiedBefore;
  }

  count(counter: Readonly<CopyCounter>): void {
    this.#counter = counter;
  }

  /** What differs is being found out up to `reached` of `end`, and copied meanwhile. */
  compared(reached: number, end: number): void {
    this.#comparison = { reached, end };
  }

  /** It is copied without a comparison after all. */
  comparesNoMore(): void {
    this.#comparison = undefined;
  }

  /** After the copy: what of the target was read again and compared, of how much (undefined: nobody can tell). */
  verified(seen: VerifyProgress): void {
    this.#verifying = seen;
  }

  /** The copy of the disk has ended, well or not. */
  verifiesNoMore(): void {
    this.#verifying = undefined;
  }

  /** Undefined while nothing is verified. */
  get verifying(): VerifyProgress | undefined {
    return this.#verifying;
  }

  /** While the bytes of the disk move between these two; dispose what it returns when they do not any more. */
  watch(sides: Sides): Disposable {
    this.#sides = sides;
    return { [Symbol.dispose]: () => (this.#sides = undefined) };
  }

  /** The side that has no connection at the moment; it is tried again for a while before the attempt fails. */
  get away(): 'source' | 'target' | undefined {
    if (this.#sides?.source.connections === 0) return 'source';
    return this.#sides?.target.connections === 0 ? 'target' : undefined;
  }

  /** What people see as the size of the job: areas in use or changed, not the capacity of the disk. */
  get areaBytes(): number {
    return this.#areaBytes;
  }

  /** Data that went over the wire in this cycle. */
  get copiedBytes(): number {
    return this.#copiedBefore + (this.#counter?.bytesCopied ?? 0);
  }

  /** The same without what earlier attempts had done. */
  get copiedNowBytes(): number {
    return this.#counter?.bytesCopied ?? 0;
  }

  get resumedBytes(): number {
    return this.#counter?.bytesResumed ?? 0;
  }

  /** Copied, zeroed or found done, of everything that the engine goes through. */
  get passed(): { readonly doneBytes: number; readonly totalBytes: number } {
    const seen = this.#counter;
    const doneBytes = seen === undefined ? 0 : seen.bytesCopied + seen.bytesZeroed + seen.bytesSkipped;
    if (this.#comparison === undefined) return { doneBytes, totalBytes: seen?.bytesTotal ?? this.#areaBytes };
    // What was found to be equal is done, too.
    const { reached, end } = this.#comparison;
    return { doneBytes: Math.max(doneBytes, reached - ((seen?.bytesTotal ?? 0) - doneBytes)), totalBytes: end };
  }
}
