import { upstream } from '../base/errors.ts';
import type { BlockDevice, ByteRange } from './block-device.ts';
import type { CopyCheckpoint, CopyCounter, CopyHashes } from './copy-options.ts';
import { normalise } from './ranges.ts';
import { SECOND } from '../base/units.ts';
import type { Chunk } from './plan-copy.ts';

/**
 * What "written" means: a chunk counts once a FLUSH that was sent after its acknowledgement has succeeded and the target
 * was never lost in between. Everything else can be put back to do, so it is remembered here until then.
 */
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

/** Who is told what became durable. */
export interface WrittenSinks {
  readonly checkpoint?: CopyCheckpoint | undefined;
  readonly hashes?: CopyHashes | undefined;
}

/** Bounds the memory of the log; reached within seconds only by targets that do not write at all. */
const CHUNKS_MAX = 16_384;
/** Flushes without any progress in a row before the target is given up. */
const FRUITLESS_MAX = 5;
const EVERY_MS = { withCheckpoint: 2 * SECOND, without: 30 * SECOND };

export class WrittenLog {
  /** Chunks to do again. */
  readonly redo: Chunk[] = [];
  /** Chunks that had to be done again so far. */
  putBack = 0;
  readonly #target: BlockDevice;
  readonly #checkpoint: CopyCheckpoint | undefined;
  readonly #hashes: CopyHashes | undefined;
  readonly #restartsAtStart: number;
  /** Everything acknowledged; shown to whoever watches. */
  readonly #counter: CopyCounter;
  readonly #durable: CopyCounter;
  readonly #everyMs: number;
  #acknowledged: WrittenChunk[] = [];
  #acknowledgedBytes = 0;
  #flushedAtMs = performance.now();
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #fruitless = 0;
  #failedFlushes = 0;
  #isStopped = false;

  constructor(target: BlockDevice, counter: CopyCounter, sinks: WrittenSinks) {
    const { checkpoint, hashes } = sinks;
    this.#target = target;
    this.#restartsAtStart = target.restarts;
    this.#checkpoint = checkpoint;
    this.#hashes = hashes;
    this.#counter = counter;
    this.#durable = { bytesTotal: 0, bytesCopied: 0, bytesZeroed: 0, bytesSkipped: 0, bytesResumed: 0 };
    this.#everyMs = checkpoint?.everyMs ?? (checkpoint === undefined ? EVERY_MS.without : EVERY_MS.withCheckpoint);
  }

  /**
   * Grows when the target may have lost what it acknowledged: after a restart, and after a failed FLUSH. The failure may
   * have swallowed the error of any write that was issued before it was reported, and the next FLUSH will not repeat it.
   * Source: fsync(2), "ERRORS"; the same behind every server that passes FLUSH on to it.
   */
  get epoch(): number {
    return this.#target.restarts + this.#failedFlushes;
  }

  /** Counts what an earlier run made durable. */
  resumed(range: ByteRange): void {
    for (const counter of [this.#counter, this.#durable]) {
      counter.bytesSkipped += range.length;
      counter.bytesResumed += range.length;
    }
  }

  /**
   * Takes an acknowledged chunk. Flushes in the background when it is time; waits for that flush when the log is full,
   * so that it stays bounded. Throws what a flush or the caller's `save` failed with.
   */
  async acknowledge(written: WrittenChunk): Promise<void> {
    this.#throwFailure();
    this.#acknowledged.push(written);
    this.#acknowledgedBytes += written.bytesCopied + written.bytesZeroed;
    add(this.#counter, written, 1);
    if (!this.#target.features.canFlush) {
      if (this.#acknowledged.length >= CHUNKS_MAX) await this.#forget();
      return;
    }
    if (this.#isDue()) this.#running ??= this.#flushInBackground();
    if (this.#acknowledged.length >= CHUNKS_MAX) await this.#running;
  }

  /** Flushes what is left. True when all is durable and nothing is left to do again; false: call it again after that. */
  async finish(): Promise<boolean> {
    await this.#running;
    this.#throwFailure();
    if (!this.#target.features.canFlush) {
      await this.#forget();
      return true;
    }
    const isFlushed = await this.#flush();
    return isFlushed && this.redo.length === 0;
  }

  /** The copy ended without success: `save` is not called any more. Returns when a flush that still runs is over. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  #isDue(): boolean {
    if (performance.now() - this.#flushedAtMs >= this.#everyMs) return true;
    if (this.#acknowledged.length >= CHUNKS_MAX) return true;
    return this.#acknowledgedBytes >= (this.#checkpoint?.everyBytes ?? Infinity);
  }

  /** Without FLUSH nothing ever becomes durable, so a lost target cannot be repaired; and nothing need be remembered. */
  async #forget(): Promise<void> {
    const isLost = this.#target.restarts !== this.#restartsAtStart;
    const forgotten = this.#acknowledged;
    this.#acknowledged = [];
    if (isLost) {
      throw upstream('transfer.target-restarted', `${this.#target.name} was lost during the copy and cannot flush`, {
        hint: 'what it had acknowledged may be gone; start the copy again',
        details: { target: this.#target.name },
      });
    }
    await this.#hashes?.save(forgotten);
  }

  /** Never rejects: the failure waits for the next caller. */
  async #flushInBackground(): Promise<void> {
    try {
      await this.#flush();
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#running = undefined;
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #flush(): Promise<boolean> {
    const epoch = this.epoch;
    const acknowledged = this.#acknowledged;
    const batch = acknowledged.filter((written) => written.epoch === epoch);
    this.#acknowledged = [];
    this.#acknowledgedBytes = 0;
    for (const written of acknowledged) if (written.epoch !== epoch) this.#redo(written);
    try {
      await this.#target.flush();
    } catch (error) {
      this.#failedFlushes += 1;
      for (const written of batch) this.#redo(written);
      this.#countFruitless(error);
      return false;
    } finally {
      this.#flushedAtMs = performance.now();
    }
    const isKept = this.epoch === epoch;
    if (isKept) await this.#keep(batch);
    else for (const written of batch) this.#redo(written);
    if (!isKept || acknowledged.length > batch.length) this.#countFruitless(undefined);
    if (isKept && batch.length > 0) this.#fruitless = 0;
    return isKept;
  }

  async #keep(batch: readonly WrittenChunk[]): Promise<void> {
    if (batch.length === 0 || this.#isStopped) return;
    for (const written of batch) add(this.#durable, written, 1);
    this.#durable.bytesTotal = this.#counter.bytesTotal;
    await this.#hashes?.save(batch);
    await this.#checkpoint?.save(normalise(batch.map((written) => written.chunk)), { ...this.#durable });
  }

  /** Work was put back. A target that does this again and again without keeping anything is given up. */
  #countFruitless(cause: unknown): void {
    this.#fruitless += 1;
    if (this.#fruitless < FRUITLESS_MAX) return;
    if (cause !== undefined) throw cause;
    throw upstream('transfer.target-unstable', `${this.#target.name} restarts faster than it can be flushed`, {
      details: { target: this.#target.name, restarts: this.#target.restarts },
    });
  }

  #redo(written: WrittenChunk): void {
    add(this.#counter, written, -1);
    this.redo.push(written.chunk);
    this.putBack += 1;
  }
}

function add(counter: CopyCounter, written: WrittenChunk, sign: 1 | -1): void {
  counter.bytesCopied += sign * written.bytesCopied;
  counter.bytesZeroed += sign * written.bytesZeroed;
  counter.bytesSkipped += sign * written.bytesSkipped;
}
