import type { BlockDevice } from './block-device.ts';
import type { CopyCounter } from './copy-options.ts';
import type { Chunk } from './plan-copy.ts';

/** A chunk that the target has acknowledged: what was done for it, and when it was begun. */
export interface WrittenChunk {
  readonly chunk: Chunk;
  /** `WrittenLog.epoch` before the first request of the chunk was issued. */
  readonly epoch: number;
  readonly bytesCopied: number;
  readonly bytesZeroed: number;
  readonly bytesSkipped: number;
  /** Of the bytes that were read; undefined where they were all zero, and where nobody asked. */
  readonly hash: bigint | undefined;
}

/** What one FLUSH of one carrier covers, if it and those of all other carriers succeeded. */
export interface Flushed {
  readonly isGood: boolean;
  /** What the FLUSH failed with. */
  readonly error?: unknown;
  readonly chunks: readonly WrittenChunk[];
  /** Chunks that the target may have lost since they were acknowledged; they are done again. */
  readonly stale: number;
}

/** Bounds the memory of the log; reached within seconds only by targets that do not write at all. */
const CHUNKS_MAX = 16_384;

/**
 * What "written" means: a chunk counts once a FLUSH that was sent after its acknowledgement has succeeded, here and at
 * every other carrier of the copy, and the target was never lost in between. Everything else can be put back to do, so it
 * is remembered here until then. Rounds of flushes are conducted by FlushRounds.
 */
export class WrittenLog {
  /** Chunks to do again. */
  readonly redo: Chunk[] = [];
  /** Chunks that had to be done again so far. */
  putBack = 0;
  readonly #target: BlockDevice;
  /** Everything acknowledged; shown to whoever watches. */
  readonly #counter: CopyCounter;
  #acknowledged: WrittenChunk[] = [];
  /** Covered by a FLUSH that is under way or waits for those of the others. */
  #flushing: readonly WrittenChunk[] = [];
  #settled = Promise.withResolvers<void>();
  #failedFlushes = 0;

  constructor(target: BlockDevice, counter: CopyCounter) {
    this.#target = target;
    this.#counter = counter;
  }

  /**
   * Grows when the target may have lost what it acknowledged: after a restart, and after a failed FLUSH. The failure may
   * have swallowed the error of any write that was issued before it was reported, and the next FLUSH will not repeat it.
   * Source: fsync(2), "ERRORS"; the same behind every server that passes FLUSH on to it.
   */
  get epoch(): number {
    return this.#target.restarts + this.#failedFlushes;
  }

  get isFull(): boolean {
    return this.#acknowledged.length >= CHUNKS_MAX;
  }

  /** Takes an acknowledged chunk. */
  add(written: WrittenChunk): void {
    this.#acknowledged.push(written);
    count(this.#counter, written, 1);
  }

  /** Returns when the next round of flushes is over. */
  nextSettled(): Promise<void> {
    return this.#settled.promise;
  }

  /** Flushes what is acknowledged so far. Never throws. `settle` must follow before the next call. */
  async flush(): Promise<Flushed> {
    const { epoch } = this;
    const acknowledged = this.#acknowledged;
    const chunks = acknowledged.filter((written) => written.epoch === epoch);
    const stale = acknowledged.length - chunks.length;
    this.#acknowledged = [];
    this.#flushing = chunks;
    if (stale > 0) this.#redo(acknowledged.filter((written) => written.epoch !== epoch));
    try {
      await this.#target.flush();
    } catch (error) {
      return { isGood: false, error, chunks, stale };
    }
    return { isGood: this.epoch === epoch, chunks, stale };
  }

  /** `isKept`: the FLUSH of every carrier succeeded. Otherwise all that they were to cover is done again. */
  settle(isKept: boolean): void {
    if (!isKept) {
      this.#failedFlushes += 1;
      this.#redo(this.#flushing);
    }
    this.#flushing = [];
    this.#settled.resolve();
    this.#settled = Promise.withResolvers();
  }

  /** For targets without FLUSH, where nothing ever becomes durable: nothing need be remembered either. */
  forget(): void {
    this.#acknowledged = [];
  }

  #redo(chunks: readonly WrittenChunk[]): void {
    for (const written of chunks) {
      count(this.#counter, written, -1);
      this.redo.push(written.chunk);
      this.putBack += 1;
    }
  }
}

type Counted = Pick<WrittenChunk, 'bytesCopied' | 'bytesZeroed' | 'bytesSkipped'>;

export function count(counter: CopyCounter, counted: Counted, sign: 1 | -1): void {
  counter.bytesCopied += sign * counted.bytesCopied;
  counter.bytesZeroed += sign * counted.bytesZeroed;
  counter.bytesSkipped += sign * counted.bytesSkipped;
}
