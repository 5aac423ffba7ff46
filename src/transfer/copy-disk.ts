import { cancelled, AppError } from '../base/errors.ts';
import { invariant } from '../base/invariant.ts';
import { SECOND } from '../base/units.ts';
import { ChunkQueue } from './chunk-queue.ts';
import { settle, type CopySetup } from './copy-setup.ts';
import { CopyLane } from './copy-lane.ts';
import type { CopyCounter, CopyOptions, CopyResult } from './copy-options.ts';
import { LaneCount } from './lane-count.ts';
import { normalExtents } from './extent-stream.ts';
import { chunksOf, planCopy, type Run } from './plan-copy.ts';
import { SourceMap } from './source-map.ts';
import { WrittenLog } from './written-log.ts';

/** How long requests in flight may still run after a failure or an abort before the copy returns without them. */
const GRACE_MS = 1 * SECOND;

/**
 * Makes [0, lengthBytes) of the target equal to the source within the extents, and all of it durable.
 *
 * Reads and writes overlap in lanes, each with a slab of its own, as many as pay (LaneCount); memory does not grow with
 * the disk or with the number of extents. When it returns, everything was acknowledged and then flushed. When it throws,
 * the target is incomplete, and what `checkpoint.save` was called with is durable. It neither opens nor closes the
 * devices.
 *
 * Errors: transfer.target-too-small, transfer.target-read-only, transfer.target-cannot-flush, transfer.extents-not-sorted,
 * transfer.extents-invalid (all before or without touching anything outside the extents); transfer.target-unstable,
 * transfer.target-restarted; transfer.cancelled, or the AppError that `signal` was aborted with, within about a second;
 * and those of the devices.
 */
export async function copyDisk(options: CopyOptions): Promise<CopyResult> {
  const startedAtMs = performance.now();
  const setup = settle(options);
  const copy = new Copy(options, setup);
  await copy.run();
  return copy.result((performance.now() - startedAtMs) / SECOND);
}

class Copy {
  readonly #options: CopyOptions;
  readonly #setup: CopySetup;
  readonly #counter: CopyCounter;
  readonly #log: WrittenLog;
  readonly #plan: ChunkQueue;
  readonly #failure = new AbortController();
  readonly #signal: AbortSignal;
  readonly #laneCount: LaneCount;
  /** Made, and not at work. */
  readonly #idleLanes: CopyLane[] = [];
  #busyLanes = 0;
  readonly #retriesBefore: number;
  #plannedBytes = 0;

  constructor(options: CopyOptions, setup: CopySetup) {
    this.#options = options;
    this.#setup = setup;
    const shape = { ...setup, lengthBytes: options.lengthBytes };
    this.#plan = new ChunkQueue((run) => chunksOf(run, shape));
    this.#counter = { bytesTotal: 0, bytesCopied: 0, bytesZeroed: 0, bytesSkipped: 0, bytesResumed: 0 };
    this.#counter.bytesTotal = setup.bytesTotal ?? 0;
    this.#log = new WrittenLog(options.target, this.#counter, options.checkpoint);
    this.#signal = AbortSignal.any([this.#failure.signal, ...(options.signal === undefined ? [] : [options.signal])]);
    this.#laneCount = new LaneCount(setup.lanes);
    this.#retriesBefore = options.source.retries + options.target.retries;
  }

  async run(): Promise<void> {
    const planning = this.#plan.fill(this.#planned());
    try {
      do {
        await this.#runLanes();
      } while (!(await this.#log.finish()) || !this.#plan.isExhausted);
    } catch (error) {
      throw this.#options.signal?.aborted === true ? abortError(this.#options.signal) : error;
    } finally {
      this.#failure.abort();
      this.#plan.end();
      await within(Promise.all([planning, this.#log.stop()]), GRACE_MS);
    }
    this.#counter.bytesTotal = this.#plannedBytes;
    const { bytesCopied, bytesZeroed, bytesSkipped } = this.#counter;
    invariant(bytesCopied + bytesZeroed + bytesSkipped === this.#plannedBytes, 'every planned byte was carried');
    this.#options.progress?.(this.#counter);
  }

  result(seconds: number): CopyResult {
    const { bytesTotal, bytesCopied, bytesZeroed, bytesSkipped, bytesResumed } = this.#counter;
    const { source, target } = this.#options;
    const retries = source.retries + target.retries - this.#retriesBefore + this.#log.putBack;
    return { bytesTotal, bytesCopied, bytesZeroed, bytesSkipped, seconds, retries, resumedBytes: bytesResumed };
  }

  #newLane(): CopyLane {
    return new CopyLane({
      source: this.#options.source,
      target: this.#options.target,
      targetIsZero: this.#options.targetIsZero ?? false,
      detectZeros: this.#options.detectZeros ?? true,
      slabBytes: this.#setup.slabBytes,
      rate: this.#options.rate,
      epoch: () => this.#log.epoch,
      signal: this.#signal,
    });
  }

  async *#planned(): AsyncGenerator<Run> {
    const { source, extents, lengthBytes, outside = 'leave', useSourceExtents = true } = this.#options;
    const { blockBytes } = this.#setup;
    const isAsked = useSourceExtents && source.features.canExtents;
    const runs = planCopy({
      lengthBytes,
      blockBytes,
      extents: normalExtents(extents ?? [{ offset: 0, length: lengthBytes }], { lengthBytes, blockBytes }),
      outside,
      done: this.#options.checkpoint?.done ?? [],
      sourceMap: isAsked ? new SourceMap(source, { lengthBytes, isDelta: extents !== undefined }) : undefined,
    });
    for await (const run of runs) {
      this.#plannedBytes += run.length;
      this.#counter.bytesTotal = Math.max(this.#counter.bytesTotal, this.#plannedBytes);
      yield run;
    }
  }

  /** Runs lanes until there is nothing to do. The first failure stops all of them and is thrown. */
  async #runLanes(): Promise<void> {
    const ended = Promise.withResolvers<void>();
    this.#addLanes(ended.resolve);
    await untilAborted(ended.promise, this.#signal);
    if (this.#signal.aborted) {
      this.#plan.end();
      await within(ended.promise, GRACE_MS);
      this.#signal.throwIfAborted();
    }
  }

  /** Brings as many lanes to work as are wanted. `onEnd` is called when the last of all has nothing to do. */
  #addLanes(onEnd: () => void): void {
    // Counted before: a lane that is told to stop leaves within the call.
    for (let missing = this.#laneCount.wanted - this.#busyLanes; missing > 0; missing -= 1) {
      this.#busyLanes += 1;
      void this.#work(this.#idleLanes.pop() ?? this.#newLane(), onEnd);
    }
  }

  async #work(lane: CopyLane, onEnd: () => void): Promise<void> {
    try {
      await this.#runLane(lane, onEnd);
    } catch (error) {
      this.#failure.abort(error);
      this.#plan.end();
    }
    if (this.#busyLanes === 0) onEnd();
  }

  async #runLane(lane: CopyLane, onEnd: () => void): Promise<void> {
    try {
      while (this.#busyLanes <= this.#laneCount.wanted) {
        this.#signal.throwIfAborted();
        const chunk = this.#log.redo.pop() ?? this.#plan.take();
        if (chunk === undefined) {
          if (!(await this.#plan.more())) return;
          continue;
        }
        if (chunk.kind === 'done') this.#log.resumed(chunk);
        else await this.#log.acknowledge(await lane.carry(chunk));
        if (chunk.kind === 'data') this.#laneCount.carried(performance.now());
        this.#options.progress?.(this.#counter);
        this.#addLanes(onEnd);
      }
    } finally {
      // In the same turn as the decision to leave: lanes that wake together must not all find themselves one too many.
      this.#busyLanes -= 1;
      this.#idleLanes.push(lane);
    }
  }
}

/** Waits for `work`, or for the signal: whichever comes first. */
async function untilAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const stop = Promise.withResolvers<void>();
  const onAbort = (): void => stop.resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  await Promise.race([work, stop.promise]);
  signal.removeEventListener('abort', onAbort);
}

/** Waits for `work`, but not longer than `ms`. */
async function within(work: Promise<unknown>, ms: number): Promise<void> {
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, ms);
  await Promise.race([work, limit.promise]);
  clearTimeout(timer);
}

function abortError(signal: AbortSignal): AppError {
  if (signal.reason instanceof AppError) return signal.reason;
  return cancelled('transfer.cancelled', 'the copy was cancelled', { cause: signal.reason });
}
