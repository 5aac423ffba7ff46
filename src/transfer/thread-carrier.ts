import type { Worker } from 'node:worker_threads';
import { upstream, type AppError } from '../base/errors.ts';
import { MiB } from '../base/units.ts';
import type { BlockDevice } from './block-device.ts';
import { GRACE_MS, untilAborted, within, type CarrierOptions } from './carrier.ts';
import type { FlushParty, PartyFlushed } from './flush-rounds.ts';
import type { Run } from './plan-copy.ts';
import {
  fromPlain,
  plainError,
  tell,
  type CarriedDisk,
  type FromThread,
  type PlainFlushed,
  type ThreadCount,
} from './thread-messages.ts';
import type { VerifyPlan } from './verify/sample.ts';

export interface ThreadCarrierOptions extends Omit<CarrierOptions, 'source' | 'hasher'> {
  readonly source: BlockDevice;
  readonly open: () => Worker;
  readonly hashPlan: VerifyPlan | undefined;
}

/** What is handed out at a time. */
const HANDOUT = { bytes: 8 * MiB, runs: 256 };
const NOTHING: PartyFlushed = {
  isGood: true,
  ranges: [],
  bytesCopied: 0,
  bytesZeroed: 0,
  bytesSkipped: 0,
  stale: 0,
  losses: 0,
};

/**
 * A carrier in a thread of its own, seen from the thread that plans: hands out runs when asked for, adds up what comes
 * back, and takes part in the rounds of flushes. A thread that never gets its devices open costs speed only; one that
 * fails later fails the copy.
 */
export class ThreadCarrier implements FlushParty {
  readonly #options: ThreadCarrierOptions;
  readonly #thread: Worker;
  readonly #exited = Promise.withResolvers<void>();
  #state: 'starting' | 'ready' | 'gone' = 'starting';
  #counted: ThreadCount = { bytesCopied: 0, bytesZeroed: 0, bytesSkipped: 0, retries: 0 };
  #hasRedo = false;
  /** Grows with everything that may give the thread more to do, or lets it end. */
  #goal = 0;
  #reached = -1;
  #changed = Promise.withResolvers<void>();
  #onFlushed: ((flushed: PartyFlushed) => void) | undefined;

  constructor(options: ThreadCarrierOptions) {
    this.#options = options;
    this.#thread = options.open();
    this.#thread.on('message', (message: FromThread) => this.#heard(message));
    this.#thread.on('error', (error) => this.#lost(error));
    this.#thread.on('exit', () => {
      this.#lost(undefined);
      this.#exited.resolve();
    });
    const { source, target, lengthBytes, targetIsZero, detectZeros, hashPlan } = options;
    const { threads: _, ...setup } = options.setup;
    const ends = { source: carriedDisk(source), target: carriedDisk(target) };
    tell(this.#thread, { type: 'begin', copy: { lengthBytes, setup, targetIsZero, detectZeros, hashPlan, ...ends } });
    options.signal.addEventListener('abort', this.#stop, { once: true });
  }

  get hasRedo(): boolean {
    return this.#hasRedo;
  }

  /** Requests that were sent again, and chunks that were done again. */
  get retries(): number {
    return this.#counted.retries;
  }

  /** After the plan is at its end: returns when the thread has done what it took. Throws the reason of the signal. */
  async finish(): Promise<void> {
    const { signal } = this.#options;
    // Nothing is left for one that comes now.
    if (this.#state === 'starting') this.#state = 'gone';
    while (this.#state === 'ready' && this.#reached < this.#goal && !signal.aborted) await this.#changed.promise;
    signal.throwIfAborted();
  }

  async flush(): Promise<PartyFlushed> {
    if (this.#state !== 'ready' || this.#options.signal.aborted) return NOTHING;
    const flushed = Promise.withResolvers<PartyFlushed>();
    this.#onFlushed = flushed.resolve;
    tell(this.#thread, { type: 'flush' });
    return await flushed.promise;
  }

  settle(isKept: boolean): void {
    if (this.#state !== 'ready') return;
    this.#goal += 1;
    tell(this.#thread, { type: 'settle', isKept, goal: this.#goal });
  }

  /** Its connections are closed, or cut off when that takes longer than a moment. Never throws. */
  async close(): Promise<void> {
    const isAtWork = this.#state === 'ready';
    this.#state = 'gone';
    this.#options.signal.removeEventListener('abort', this.#stop);
    tell(this.#thread, { type: 'stop', error: undefined });
    if (isAtWork) await within(this.#exited.promise, GRACE_MS);
    await this.#thread.terminate();
  }

  readonly #stop = (): void => {
    tell(this.#thread, { type: 'stop', error: plainError(this.#options.signal.reason) });
    this.#tellChange();
    this.#onFlushed?.({ ...NOTHING, isGood: false });
  };

  #heard(message: FromThread): void {
    if (this.#state === 'gone') return;
    switch (message.type) {
      case 'ready':
        this.#state = 'ready';
        break;
      case 'hungry':
        void this.#feed();
        break;
      case 'count':
        this.#count(message);
        break;
      case 'idle':
        this.#reached = message.goal;
        if (this.#reached === this.#goal) this.#hasRedo = false;
        this.#tellChange();
        break;
      case 'full':
        this.#options.onFull();
        break;
      case 'flushed':
        this.#hasRedo = message.hasRedo;
        this.#onFlushed?.(flushedOf(message.flushed));
        this.#onFlushed = undefined;
        break;
      case 'failed':
        this.#options.fail(fromPlain(message.error));
        break;
    }
  }

  /** Hands out the next part of the plan. A limit of bytes per second is taken here, where it is shared. */
  async #feed(): Promise<void> {
    const { runs, rate, signal, fail, onAcknowledged } = this.#options;
    try {
      do {
        const turn = onAcknowledged();
        if (turn !== undefined) await untilAborted(turn, signal);
        const part = this.#takePart();
        if (part.length === 0) continue;
        const allowed = rate?.take(dataBytes(part), signal);
        if (allowed !== undefined) await allowed;
        tell(this.#thread, { type: 'runs', runs: part });
        return;
      } while (await runs.more());
      this.#goal += 1;
      tell(this.#thread, { type: 'end', goal: this.#goal });
    } catch (error) {
      fail(error);
    }
  }

  #takePart(): Run[] {
    const part: Run[] = [];
    const bytesMax = handoutBytes(this.#options.rate?.bytesPerSInForce);
    let bytes = 0;
    while (part.length < HANDOUT.runs && bytes < bytesMax) {
      const run = this.#options.runs.take();
      if (run === undefined) break;
      part.push(run);
      bytes += run.kind === 'data' ? run.length : 0;
    }
    return part;
  }

  #count(now: ThreadCount): void {
    const { counter, onAcknowledged } = this.#options;
    counter.bytesCopied += now.bytesCopied - this.#counted.bytesCopied;
    counter.bytesZeroed += now.bytesZeroed - this.#counted.bytesZeroed;
    counter.bytesSkipped += now.bytesSkipped - this.#counted.bytesSkipped;
    this.#counted = now;
    void onAcknowledged();
  }

  #lost(cause: unknown): void {
    const wasReady = this.#state === 'ready';
    this.#state = 'gone';
    if (wasReady) void this.#options.fail(threadEnded(cause));
    this.#tellChange();
    this.#onFlushed?.({ ...NOTHING, isGood: false });
  }

  #tellChange(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** What was handed out is read as fast as it can be, so under a limit it is what passes within a moment. */
const handoutBytes = (bytesPerS = Infinity): number => Math.min(HANDOUT.bytes, bytesPerS / 10);

const carriedDisk = ({ sizeBytes, limits }: BlockDevice): CarriedDisk => ({ sizeBytes, limits });

const dataBytes = (runs: readonly Run[]): number =>
  runs.reduce((sum, run) => sum + (run.kind === 'data' ? run.length : 0), 0);

const flushedOf = ({ error, ...flushed }: PlainFlushed): PartyFlushed => ({
  ...flushed,
  error: error === undefined ? undefined : fromPlain(error),
});

/** It had work in its hands. */
export function threadEnded(cause: unknown): AppError {
  return upstream('transfer.thread-ended', 'a thread of the copy ended before its work', {
    hint: 'start the copy again, with --threads 1 if this repeats',
    cause,
  });
}
