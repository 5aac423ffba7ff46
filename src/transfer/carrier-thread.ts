import type { MessagePort } from 'node:worker_threads';
import { cancelled, toAppError } from '../base/errors.ts';
import { MiB } from '../base/units.ts';
import type { BlockDevice } from './block-device.ts';
import { Carrier } from './carrier.ts';
import type { CopyCounter } from './copy-options.ts';
import type { Run } from './plan-copy.ts';
import { RunQueue } from './run-queue.ts';
import { hasherOf, type ChunkHasher } from './verify/hasher-of.ts';
import { fromPlain, isSameDisk, plainError, report, type CarriedCopy, type ToThread } from './thread-messages.ts';

/** The two ends of a copy over connections of a thread's own. */
export interface ThreadDevices {
  readonly source: BlockDevice;
  readonly target: BlockDevice;
  close(): Promise<void>;
}

/** Runs that wait in the thread: enough to bridge the question for more. */
const AHEAD_BYTES = 8 * MiB;
const COUNT_EVERY_MS = 100;

/**
 * A carrying thread: opens both ends anew, carries the runs that the planning thread hands out, and takes part in its
 * rounds of flushes. Returns when it was told to stop and its devices are closed. Throws when they cannot be opened, or
 * are not what the planning thread has: it has taken nothing then.
 */
export async function serveCarrier(
  port: MessagePort,
  open: (signal: AbortSignal) => Promise<ThreadDevices>,
): Promise<void> {
  const stop = new AbortController();
  const begun = Promise.withResolvers<CarriedCopy>();
  let thread: CarrierThread | undefined;
  port.on('message', (message: ToThread) => {
    if (message.type === 'begin') begun.resolve(message.copy);
    else if (message.type === 'stop') stop.abort(message.error === undefined ? stopped() : fromPlain(message.error));
    else thread?.hear(message);
  });
  try {
    const copy = await begun.promise;
    const devices = await open(stop.signal);
    try {
      refuseOthers(copy, devices);
      thread = new CarrierThread(port, { copy, devices, stop, hasher: await hasherOf(copy.hashPlan) });
      await thread.run();
    } finally {
      await devices.close();
    }
  } finally {
    port.close();
  }
}

interface Means {
  readonly copy: CarriedCopy;
  readonly devices: ThreadDevices;
  readonly stop: AbortController;
  readonly hasher: ChunkHasher | undefined;
}

class CarrierThread {
  readonly #port: MessagePort;
  readonly #means: Means;
  readonly #counter: CopyCounter = { bytesTotal: 0, bytesCopied: 0, bytesZeroed: 0, bytesSkipped: 0, bytesResumed: 0 };
  readonly #runs = new RunQueue({ pieceBytes: Infinity, bytesAheadMax: AHEAD_BYTES });
  readonly #carrier: Carrier;
  #answer = Promise.withResolvers<readonly Run[] | undefined>();
  #goal = 0;
  /** Resolved when there may be something to do. */
  #wake = Promise.withResolvers<void>();
  #countedAtMs = 0;

  constructor(port: MessagePort, means: Means) {
    this.#port = port;
    this.#means = means;
    const { copy, devices, stop, hasher } = means;
    this.#carrier = new Carrier({
      source: devices.source,
      target: devices.target,
      lengthBytes: copy.lengthBytes,
      setup: { ...copy.setup, threads: [] },
      targetIsZero: copy.targetIsZero,
      detectZeros: copy.detectZeros,
      // Taken by the planning thread before it hands out a run.
      rate: undefined,
      hasher,
      runs: this.#runs,
      counter: this.#counter,
      signal: stop.signal,
      fail: (error) => this.#fail(error),
      // Whoever hands out the runs holds back.
      onAcknowledged: () => this.#countNowAndThen(),
      onFull: () => report(port, { type: 'full' }),
    });
    stop.signal.addEventListener('abort', () => this.#wake.resolve(), { once: true });
  }

  hear(message: Exclude<ToThread, { type: 'begin' | 'stop' }>): void {
    switch (message.type) {
      case 'runs':
        this.#answer.resolve(message.runs);
        break;
      case 'end':
        this.#goal = message.goal;
        this.#answer.resolve(undefined);
        break;
      case 'flush':
        void this.#flush();
        break;
      case 'settle':
        this.#goal = message.goal;
        this.#carrier.settle(message.isKept);
        this.#wake.resolve();
        break;
    }
  }

  /** Until it is told to stop. */
  async run(): Promise<void> {
    const { signal } = this.#means.stop;
    void this.#runs.fill(this.#handedOut());
    report(this.#port, { type: 'ready' });
    try {
      while (!signal.aborted) {
        this.#wake = Promise.withResolvers();
        await this.#carrier.work();
        this.#count();
        report(this.#port, { type: 'idle', goal: this.#goal });
        await this.#wake.promise;
      }
    } catch (error) {
      // Told by `fail`, or the reason for which it was told to stop.
      if (!signal.aborted) this.#fail(error);
    } finally {
      this.#runs.end();
    }
  }

  async *#handedOut(): AsyncGenerator<Run> {
    for (;;) {
      this.#answer = Promise.withResolvers();
      report(this.#port, { type: 'hungry' });
      const runs = await this.#answer.promise;
      if (runs === undefined) return;
      yield* runs;
    }
  }

  async #flush(): Promise<void> {
    const { error, ...flushed } = await this.#carrier.flush();
    this.#count();
    const plain = { ...flushed, error: error === undefined ? undefined : plainError(error) };
    report(this.#port, { type: 'flushed', flushed: plain, hasRedo: this.#carrier.hasRedo });
    this.#wake.resolve();
  }

  #countNowAndThen(): undefined {
    if (performance.now() - this.#countedAtMs >= COUNT_EVERY_MS) this.#count();
  }

  #count(): void {
    this.#countedAtMs = performance.now();
    const { bytesCopied, bytesZeroed, bytesSkipped } = this.#counter;
    const { source, target } = this.#means.devices;
    const retries = source.retries + target.retries + this.#carrier.putBack;
    report(this.#port, { type: 'count', bytesCopied, bytesZeroed, bytesSkipped, retries });
  }

  #fail(error: unknown): void {
    const { stop } = this.#means;
    if (stop.signal.aborted) return;
    report(this.#port, { type: 'failed', error: plainError(error) });
    stop.abort(toAppError(error));
  }
}

const stopped = () => cancelled('transfer.stopped', 'the thread was told to stop');

/** What the planning thread relies on: a request that it cuts must be one that these connections may send. */
function refuseOthers(copy: CarriedCopy, { source, target }: ThreadDevices): void {
  const isSame = isSameDisk(source, copy.source) && isSameDisk(target, copy.target);
  if (!isSame) throw new Error('the thread sees other disks than the thread that plans');
}
