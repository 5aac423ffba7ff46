import type { BlockDevice } from './block-device.ts';
import { ChunkQueue } from './chunk-queue.ts';
import { CopyLane } from './copy-lane.ts';
import type { CopyCounter } from './copy-options.ts';
import type { CopySetup } from './copy-setup.ts';
import type { FlushParty, PartyFlushed } from './flush-rounds.ts';
import { LaneCount } from './lane-count.ts';
import type { Chunk } from './plan-copy.ts';
import { normalise } from './ranges.ts';
import type { RateLimit } from './rate-limit.ts';
import type { RunQueue } from './run-queue.ts';
import type { ChunkHasher } from './verify/chunk-hasher.ts';
import { packHashed } from './verify/hashed-chunks.ts';
import { WrittenLog } from './written-log.ts';

export interface CarrierOptions {
  readonly source: BlockDevice;
  readonly target: BlockDevice;
  readonly lengthBytes: number;
  readonly setup: CopySetup;
  readonly targetIsZero: boolean;
  readonly detectZeros: boolean;
  readonly rate: RateLimit | undefined;
  /** Absent: nothing is hashed. */
  readonly hasher?: ChunkHasher | undefined;
  readonly runs: RunQueue;
  /** What is acknowledged is added here. */
  readonly counter: CopyCounter;
  /** Aborted: everything stops. */
  readonly signal: AbortSignal;
  /** A lane failed: must abort the signal. */
  readonly fail: (error: unknown) => unknown;
  /** A chunk was acknowledged; must be quick. The lane goes on when the promise settles. */
  readonly onAcknowledged: () => Promise<unknown> | undefined;
  /** Too much is acknowledged and not flushed: nothing goes on before a round of flushes. */
  readonly onFull: () => unknown;
}

/** How long requests in flight may still run after a failure or an abort before the copy returns without them. */
export const GRACE_MS = 1_000;

/**
 * Carries runs of the plan over its own two devices. Reads and writes overlap in lanes, each with a slab of its own, as
 * many as pay. A copy has one or several carriers; each in a thread of its own.
 */
export class Carrier implements FlushParty {
  readonly #options: CarrierOptions;
  readonly #chunks: ChunkQueue;
  readonly #log: WrittenLog;
  readonly #laneCount: LaneCount;
  /** Made, and not at work. */
  readonly #idleLanes: CopyLane[] = [];
  #busyLanes = 0;

  constructor(options: CarrierOptions) {
    this.#options = options;
    this.#chunks = new ChunkQueue(options.runs, { ...options.setup, lengthBytes: options.lengthBytes });
    this.#log = new WrittenLog(options.target, options.counter);
    this.#laneCount = new LaneCount(options.setup.lanes);
  }

  get hasRedo(): boolean {
    return this.#log.redo.length > 0;
  }

  /** Chunks that had to be done again so far. */
  get putBack(): number {
    return this.#log.putBack;
  }

  /** Returns when there is nothing left to take and nothing to do again. Throws the reason of the signal. */
  async work(): Promise<void> {
    do {
      await this.#runLanes();
    } while (this.hasRedo || !this.#chunks.isExhausted);
  }

  async flush(): Promise<PartyFlushed> {
    const { chunks, ...flushed } = await this.#log.flush();
    const sum = { bytesCopied: 0, bytesZeroed: 0, bytesSkipped: 0 };
    for (const written of chunks) {
      sum.bytesCopied += written.bytesCopied;
      sum.bytesZeroed += written.bytesZeroed;
      sum.bytesSkipped += written.bytesSkipped;
    }
    const ranges = normalise(chunks.map((written) => written.chunk));
    const hashed = this.#options.hasher === undefined ? undefined : packHashed(chunks);
    return { ...flushed, ...sum, ranges, hashed, losses: this.#options.target.restarts };
  }

  settle(isKept: boolean): void {
    // Where hashes are asked for, `flush` has taken all; what came after it has not been asked for its own yet.
    if (!this.#options.target.features.canFlush && this.#options.hasher === undefined) this.#log.forget();
    this.#log.settle(isKept);
  }

  /** The first failure stops all lanes. */
  async #runLanes(): Promise<void> {
    const { signal } = this.#options;
    const ended = Promise.withResolvers<void>();
    this.#addLanes(ended.resolve);
    await untilAborted(ended.promise, signal);
    if (!signal.aborted) return;
    this.#chunks.end();
    await within(ended.promise, GRACE_MS);
    signal.throwIfAborted();
  }

  /** Brings as many lanes to work as are wanted. `onEnd` is called when the last of all has nothing to do. */
  #addLanes(onEnd: () => void): void {
    // Counted before: a lane that is told to stop leaves within the call.
    for (let missing = this.#laneCount.wanted - this.#busyLanes; missing > 0; missing -= 1) {
      this.#busyLanes += 1;
      void this.#work(this.#idleLanes.pop() ?? this.#newLane(), onEnd);
    }
  }

  #newLane(): CopyLane {
    const { setup, ...options } = this.#options;
    return new CopyLane({ ...options, slabBytes: setup.slabBytes, epoch: () => this.#log.epoch });
  }

  async #work(lane: CopyLane, onEnd: () => void): Promise<void> {
    try {
      await this.#runLane(lane, onEnd);
    } catch (error) {
      this.#options.fail(error);
    }
    if (this.#busyLanes === 0) onEnd();
  }

  async #runLane(lane: CopyLane, onEnd: () => void): Promise<void> {
    try {
      while (this.#busyLanes <= this.#laneCount.wanted && (await this.#next(lane))) this.#addLanes(onEnd);
    } finally {
      // In the same turn as the decision to leave: lanes that wake together must not all find themselves one too many.
      this.#busyLanes -= 1;
      this.#idleLanes.push(lane);
    }
  }

  /** False: there is nothing more to do. */
  async #next(lane: CopyLane): Promise<boolean> {
    this.#options.signal.throwIfAborted();
    const chunk = this.#log.redo.pop() ?? this.#chunks.take();
    if (chunk === undefined) return this.#chunks.more();
    await this.#carry(lane, chunk);
    return true;
  }

  async #carry(lane: CopyLane, chunk: Chunk): Promise<void> {
    this.#log.add(await lane.carry(chunk));
    const { signal, onAcknowledged, onFull } = this.#options;
    const turn = onAcknowledged();
    if (chunk.kind === 'data') this.#laneCount.carried(performance.now());
    if (turn !== undefined) await untilAborted(turn, signal);
    if (!this.#log.isFull) return;
    const settled = this.#log.nextSettled();
    onFull();
    await untilAborted(settled, signal);
  }
}

/** Waits for `work`, or for the signal: whichever comes first. */
export async function untilAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const stop = Promise.withResolvers<void>();
  const onAbort = (): void => stop.resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  await Promise.race([work, stop.promise]);
  signal.removeEventListener('abort', onAbort);
}

/** Waits for `work`, but not longer than `ms`. */
export async function within(work: Promise<unknown>, ms: number): Promise<void> {
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, ms);
  await Promise.race([work, limit.promise]);
  clearTimeout(timer);
}
