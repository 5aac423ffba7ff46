import { cancelled, AppError } from '../base/errors.ts';
import { invariant } from '../base/invariant.ts';
import { MiB, SECOND } from '../base/units.ts';
import { Carrier, GRACE_MS, within } from './carrier.ts';
import { settle, type CopySetup } from './copy-setup.ts';
import type { CopyCounter, CopyOptions, CopyResult } from './copy-options.ts';
import { normalExtents } from './extent-stream.ts';
import { FlushRounds } from './flush-rounds.ts';
import { planCopy, type Run } from './plan-copy.ts';
import { PlanGaps } from './plan-gaps.ts';
import { RunQueue } from './run-queue.ts';
import { SourceMap } from './source-map.ts';
import { hasherOf, type ChunkHasher } from './verify/hasher-of.ts';
import { ThreadCarrier } from './thread-carrier.ts';

/** What one carrier reads in one sweep before it takes the next part of the plan: disks and servers read ahead. */
const PIECE_BYTES = 8 * MiB;

/**
 * Makes [0, lengthBytes) of the target equal to the source within the extents, and all of it durable.
 *
 * The plan is made here; carriers take from it and move the bytes, one in this thread and, where asked for, more in
 * threads of their own. Memory does not grow with the disk or with the number of extents. When it returns, everything was
 * acknowledged and then flushed by all of them. When it throws, the target is incomplete, and what `checkpoint.save` was
 * called with is durable. It neither opens nor closes the devices.
 *
 * Errors: transfer.target-too-small, transfer.target-read-only, transfer.target-cannot-flush, transfer.extents-not-sorted,
 * transfer.extents-invalid (all before or without touching anything outside the extents); transfer.target-unstable,
 * transfer.target-restarted; transfer.cancelled, or the AppError that `signal` was aborted with, within about a second;
 * and those of the devices.
 */
export async function copyDisk(options: CopyOptions): Promise<CopyResult> {
  const startedAtMs = performance.now();
  const setup = settle(options);
  const copy = new Copy(options, setup, await hasherOf(options.hashes?.plan));
  await copy.run();
  return copy.result((performance.now() - startedAtMs) / SECOND);
}

class Copy {
  readonly #options: CopyOptions;
  readonly #setup: CopySetup;
  readonly #counter: CopyCounter;
  readonly #gaps = new PlanGaps();
  readonly #runs: RunQueue;
  readonly #carrier: Carrier;
  readonly #threads: readonly ThreadCarrier[];
  readonly #rounds: FlushRounds;
  /** Aborted by a failure, by the signal of the options, and when the copy is over. */
  readonly #end = new AbortController();
  readonly #retriesBefore: number;
  #plannedBytes = 0;

  constructor(options: CopyOptions, setup: CopySetup, hasher: ChunkHasher | undefined) {
    const { source, target, lengthBytes, rate } = options;
    this.#options = options;
    this.#setup = setup;
    this.#runs = new RunQueue({ pieceBytes: rate === undefined ? PIECE_BYTES : setup.requestBytes });
    this.#counter = { bytesTotal: 0, bytesCopied: 0, bytesZeroed: 0, bytesSkipped: 0, bytesResumed: 0 };
    this.#counter.bytesTotal = setup.bytesTotal ?? 0;
    if (options.signal?.aborted === true) this.#onAbort();
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#retriesBefore = source.retries + target.retries;
    const shared = {
      lengthBytes,
      setup,
      targetIsZero: options.targetIsZero ?? false,
      detectZeros: options.detectZeros ?? true,
      rate,
      runs: this.#runs,
      counter: this.#counter,
      signal: this.#end.signal,
      fail: (error: unknown) => this.#fail(error),
      onAcknowledged: () => this.#acknowledged(),
      onFull: () => this.#rounds.request(),
    };
    this.#carrier = new Carrier({ ...shared, hasher, source, target });
    const inThread = { ...shared, hashPlan: options.hashes?.plan, source, target };
    this.#threads = setup.threads.map((open) => new ThreadCarrier({ ...inThread, open }));
    this.#rounds = new FlushRounds({
      parties: [this.#carrier, ...this.#threads],
      target,
      counter: this.#counter,
      checkpoint: options.checkpoint,
      hashes: options.hashes,
      gaps: this.#gaps,
      fail: shared.fail,
    });
  }

  async run(): Promise<void> {
    const planning = this.#runs.fill(this.#planned());
    try {
      do {
        await this.#carrier.work();
        await Promise.all(this.#threads.map((thread) => thread.finish()));
      } while (!(await this.#rounds.finish()));
      this.#end.signal.throwIfAborted();
      const { bytesCopied, bytesZeroed, bytesSkipped } = this.#counter;
      invariant(bytesCopied + bytesZeroed + bytesSkipped === this.#plannedBytes, 'every planned byte was carried');
    } catch (error) {
      this.#fail(error);
      throw this.#options.signal?.aborted === true ? abortError(this.#options.signal) : this.#end.signal.reason;
    } finally {
      this.#options.signal?.removeEventListener('abort', this.#onAbort);
      this.#end.abort();
      this.#runs.end();
      await within(Promise.all([planning, this.#rounds.stop()]), GRACE_MS);
      await Promise.all(this.#threads.map((thread) => thread.close()));
    }
    this.#counter.bytesTotal = this.#plannedBytes;
    this.#options.progress?.(this.#counter);
  }

  result(seconds: number): CopyResult {
    const { bytesTotal, bytesCopied, bytesZeroed, bytesSkipped, bytesResumed } = this.#counter;
    const { source, target } = this.#options;
    const own = source.retries + target.retries - this.#retriesBefore + this.#carrier.putBack;
    const retries = this.#threads.reduce((sum, thread) => sum + thread.retries, own);
    return { bytesTotal, bytesCopied, bytesZeroed, bytesSkipped, seconds, retries, resumedBytes: bytesResumed };
  }

  /** The first failure counts: the others follow from it. */
  #fail(error: unknown): void {
    this.#end.abort(error);
    this.#runs.end();
  }

  // Not AbortSignal.any: every look at such a signal costs, and each chunk looks three times.
  readonly #onAbort = (): void => this.#end.abort(this.#options.signal?.reason);

  #acknowledged(): Promise<unknown> | undefined {
    this.#options.progress?.(this.#counter);
    return this.#rounds.acknowledged();
  }

  async *#planned(): AsyncGenerator<Run> {
    const { source, extents, lengthBytes, checkpoint, outside = 'leave', useSourceExtents = true } = this.#options;
    const { blockBytes } = this.#setup;
    const isAsked = useSourceExtents && source.features.canExtents;
    const runs = planCopy({
      lengthBytes,
      blockBytes,
      extents: normalExtents(extents ?? [{ offset: 0, length: lengthBytes }], { lengthBytes, blockBytes }),
      outside,
      done: checkpoint?.done ?? [],
      sourceMap: isAsked ? new SourceMap(source, { lengthBytes, isDelta: extents !== undefined }) : undefined,
    });
    for await (const run of runs) {
      const { kind, offset, length } = run;
      // Forgotten when a checkpoint has named them; without one they would only gather.
      if (checkpoint !== undefined) this.#gaps.planned(run);
      this.#plannedBytes += length;
      this.#counter.bytesTotal = Math.max(this.#counter.bytesTotal, this.#plannedBytes);
      if (kind === 'done') {
        this.#counter.bytesSkipped += length;
        this.#counter.bytesResumed += length;
      } else {
        yield { kind, offset, length };
      }
    }
  }
}

/** The error that a copy ends with when `signal` was aborted. */
export function abortError(signal: AbortSignal): AppError {
  if (signal.reason instanceof AppError) return signal.reason;
  return cancelled('transfer.cancelled', 'the copy was cancelled', { cause: signal.reason });
}
