import { upstream } from '../base/errors.ts';
import type { BlockDevice, ByteRange } from './block-device.ts';
import type { CopyCheckpoint, CopyCounter } from './copy-options.ts';
import type { PlanGaps } from './plan-gaps.ts';
import { normalise } from './ranges.ts';
import { MiB, SECOND } from '../base/units.ts';
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
}

export interface Remembered {
  readonly checkpoint: CopyCheckpoint | undefined;
  /** Knows every run of the plan before its first chunk is done. */
  readonly gaps: PlanGaps;
}

/** Bounds the memory of the log; reached within seconds only by targets that do not write at all. */
const CHUNKS_MAX = 16_384;
/** Losses in a row, with nothing kept between them, before the target is given up. */
const FRUITLESS_MAX = 5;
/** The first checkpoint comes early, so that attempts that die young get ahead too; each next one takes twice as long. */
const EVERY_MS = { first: SECOND / 4, withCheckpoint: 2 * SECOND, without: 30 * SECOND };
/**
 * What a kill may cost: acknowledged data that no checkpoint names, while a slow FLUSH or a slow `save` runs. So much
 * time of transfer, at least so many bytes, both less what may be under way unacknowledged (slabs of copy-setup.ts).
 */
const AT_RISK = { seconds: 3, atLeastBytes: 64 * MiB, underWayBytes: 24 * MiB };

export class WrittenLog {
  /** Chunks to do again. */
  readonly redo: Chunk[] = [];
  /** Chunks that had to be done again so far. */
  putBack = 0;
  readonly #target: BlockDevice;
  readonly #checkpoint: CopyCheckpoint | undefined;
  readonly #restartsAtStart: number;
  /** Everything acknowledged; shown to whoever watches. */
  readonly #counter: CopyCounter;
  readonly #durable: CopyCounter;
  readonly #gaps: PlanGaps;
  readonly #startedAtMs = performance.now();
  #everyMs: number;
  #acknowledged: WrittenChunk[] = [];
  #acknowledgedBytes = 0;
  /** Data of acknowledged chunks, those under a FLUSH that runs included. */
  #atRiskBytes = 0;
  #flushedAtMs = performance.now();
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #fruitless = 0;
  /** What has been put back since then belongs to a loss that was counted. */
  #countedEpoch: number;
  #failedFlushes = 0;
  #isStopped = false;

  constructor(target: BlockDevice, counter: CopyCounter, { checkpoint, gaps }: Remembered) {
    this.#target = target;
    this.#gaps = gaps;
    this.#restartsAtStart = target.restarts;
    this.#countedEpoch = target.restarts;
    this.#checkpoint = checkpoint;
    this.#counter = counter;
    this.#durable = { bytesTotal: 0, bytesCopied: 0, bytesZeroed: 0, bytesSkipped: 0, bytesResumed: 0 };
    this.#everyMs = checkpoint?.everyMs ?? (checkpoint === undefined ? EVERY_MS.without : EVERY_MS.first);
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
   * Takes an acknowledged chunk. Flushes in the background when it is time; waits for that flush when the log is full, or
   * when a kill would cost more than it may. Throws what a flush or the caller's `save` failed with.
   */
  async acknowledge(written: WrittenChunk): Promise<void> {
    this.#throwFailure();
    this.#acknowledged.push(written);
    this.#acknowledgedBytes += written.bytesCopied + written.bytesZeroed;
    this.#atRiskBytes += written.bytesCopied;
    add(this.#counter, written, 1);
    if (!this.#target.features.canFlush) {
      if (this.#acknowledged.length >= CHUNKS_MAX) this.#forget();
      return;
    }
    if (this.#isDue()) this.#running ??= this.#flushInBackground();
    if (this.#acknowledged.length >= CHUNKS_MAX || this.#isTooMuchAtRisk()) await this.#running;
  }

  /** Flushes what is left. True when all is durable and nothing is left to do again; false: call it again after that. */
  async finish(): Promise<boolean> {
    await this.#running;
    this.#throwFailure();
    if (!this.#target.features.canFlush) {
      this.#forget();
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
    if (this.#acknowledged.length >= CHUNKS_MAX || this.#isTooMuchAtRisk()) return true;
    return this.#acknowledgedBytes >= (this.#checkpoint?.everyBytes ?? Infinity);
  }

  #isTooMuchAtRisk(): boolean {
    if (this.#checkpoint === undefined) return false;
    const seconds = (performance.now() - this.#startedAtMs) / SECOND;
    const bytes = (this.#counter.bytesCopied / seconds) * AT_RISK.seconds;
    return this.#atRiskBytes > Math.max(bytes, AT_RISK.atLeastBytes) - AT_RISK.underWayBytes;
  }

  /** Without FLUSH nothing ever becomes durable, so a lost target cannot be repaired; and nothing need be remembered. */
  #forget(): void {
    const isLost = this.#target.restarts !== this.#restartsAtStart;
    this.#acknowledged = [];
    if (isLost) {
      throw upstream('transfer.target-restarted', `${this.#target.name} was lost during the copy and cannot flush`, {
        hint: 'what it had acknowledged may be gone; start the copy again',
        details: { target: this.#target.name },
      });
    }
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
      this.#flushed();
    }
    const isKept = this.epoch === epoch;
    if (isKept) await this.#keep(batch);
    else for (const written of batch) this.#redo(written);
    if (!isKept || acknowledged.length > batch.length) this.#countFruitless(undefined);
    if (isKept && batch.length > 0) this.#fruitless = 0;
    return isKept;
  }

  #flushed(): void {
    this.#flushedAtMs = performance.now();
    if (this.#checkpoint !== undefined && this.#checkpoint.everyMs === undefined) {
      this.#everyMs = Math.min(this.#everyMs * 2, EVERY_MS.withCheckpoint);
    }
  }

  async #keep(batch: readonly WrittenChunk[]): Promise<void> {
    if (batch.length === 0 || this.#isStopped) return;
    for (const written of batch) add(this.#durable, written, 1);
    this.#durable.bytesTotal = this.#counter.bytesTotal;
    const ranges = normalise(batch.map((written) => this.#gaps.withGap(written.chunk)));
    await this.#checkpoint?.save(ranges, { ...this.#durable });
    this.#atRiskBytes -= sumCopied(batch);
  }

  /**
   * Work was put back. A target that does this again and again without keeping anything is given up; one that is slow to
   * acknowledge what was under way at one loss is not.
   */
  #countFruitless(cause: unknown): void {
    if (this.epoch === this.#countedEpoch) return;
    this.#countedEpoch = this.epoch;
    this.#fruitless += 1;
    if (this.#fruitless < FRUITLESS_MAX) return;
    if (cause !== undefined) throw cause;
    throw upstream('transfer.target-unstable', `${this.#target.name} restarts faster than it can be flushed`, {
      details: { target: this.#target.name, restarts: this.#target.restarts },
    });
  }

  #redo(written: WrittenChunk): void {
    add(this.#counter, written, -1);
    this.#atRiskBytes -= written.bytesCopied;
    this.redo.push(written.chunk);
    this.putBack += 1;
  }
}

const sumCopied = (batch: readonly WrittenChunk[]): number =>
  batch.reduce((sum, written) => sum + written.bytesCopied, 0);

function add(counter: CopyCounter, written: WrittenChunk, sign: 1 | -1): void {
  counter.bytesCopied += sign * written.bytesCopied;
  counter.bytesZeroed += sign * written.bytesZeroed;
  counter.bytesSkipped += sign * written.bytesSkipped;
}
