import { upstream } from '../base/errors.ts';
import { SECOND } from '../base/units.ts';
import type { BlockDevice, ByteRange } from './block-device.ts';
import type { CopyCheckpoint, CopyCounter } from './copy-options.ts';
import { normalise } from './ranges.ts';

/** What a FLUSH of one party would make durable, if those of all the others succeed too. */
export interface PartyFlushed {
  readonly isGood: boolean;
  /** What the FLUSH failed with. */
  readonly error?: unknown;
  /** Acknowledged before the FLUSH was sent, and not lost since; normal form. */
  readonly ranges: readonly ByteRange[];
  /** Of these ranges. */
  readonly bytesCopied: number;
  readonly bytesZeroed: number;
  readonly bytesSkipped: number;
  /** Chunks that the party does again because its target may have lost them before this FLUSH. */
  readonly stale: number;
}

/** Whoever writes to the target over connections of its own. */
export interface FlushParty {
  /** Never throws. */
  flush(): Promise<PartyFlushed>;
  settle(isKept: boolean): void;
  /** Has chunks to do again. */
  readonly hasRedo: boolean;
}

export interface FlushRoundsOptions {
  readonly parties: readonly FlushParty[];
  readonly target: BlockDevice;
  /** What everybody has done so far; its total is what a checkpoint says. */
  readonly counter: Readonly<CopyCounter>;
  readonly checkpoint: CopyCheckpoint | undefined;
  /** A round failed for good: the copy cannot end well. */
  readonly fail: (error: unknown) => unknown;
}

/** Rounds without any progress in a row before the target is given up. */
const FRUITLESS_MAX = 5;
const EVERY_MS = { withCheckpoint: 2 * SECOND, without: 30 * SECOND };

/**
 * Conducts the flushes of all who write to one target. A round is kept when every party's FLUSH succeeded and nobody lost
 * the target meanwhile; otherwise all of it is done again, by all of them: the server may tell an error of its disk to
 * one connection only.
 */
export class FlushRounds {
  readonly #options: FlushRoundsOptions;
  readonly #durable: CopyCounter;
  readonly #everyMs: number;
  readonly #timer: NodeJS.Timeout;
  readonly #restartsAtStart: number;
  #bytesAtRound = 0;
  #flushedAtMs = performance.now();
  #running: Promise<boolean> | undefined;
  #fruitless = 0;
  #isStopped = false;

  constructor(options: FlushRoundsOptions) {
    this.#options = options;
    const { checkpoint, target } = options;
    this.#durable = { bytesTotal: 0, bytesCopied: 0, bytesZeroed: 0, bytesSkipped: 0, bytesResumed: 0 };
    this.#everyMs = checkpoint?.everyMs ?? (checkpoint === undefined ? EVERY_MS.without : EVERY_MS.withCheckpoint);
    this.#restartsAtStart = target.restarts;
    this.#timer = setInterval(() => this.#roundWhenDue(), Math.max(10, Math.min(this.#everyMs / 4, SECOND / 2)));
    this.#timer.unref();
  }

  /** Somebody acknowledged something; flushes in the background when it is time. */
  acknowledged(): void {
    const { everyBytes } = this.#options.checkpoint ?? {};
    if (everyBytes !== undefined && this.#bytesDone - this.#bytesAtRound >= everyBytes) this.request();
  }

  /** A round now, in the background. */
  request(): void {
    if (this.#isStopped) return;
    this.#running ??= this.#round();
    // Whoever waits for it sees its failure too.
    this.#running.catch(this.#options.fail);
  }

  /** Flushes what is left. True when all is durable and nobody has anything to do again; else call it again after that. */
  async finish(): Promise<boolean> {
    await this.#running;
    this.#running = this.#round();
    const isKept = await this.#running;
    return isKept && this.#options.parties.every((party) => !party.hasRedo);
  }

  /** `save` is not called any more. Returns when a round that still runs is over; never throws. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await this.#running?.catch(() => undefined);
  }

  get #bytesDone(): number {
    const { bytesCopied, bytesZeroed } = this.#options.counter;
    return bytesCopied + bytesZeroed;
  }

  #roundWhenDue(): void {
    if (performance.now() - this.#flushedAtMs >= this.#everyMs && this.#options.target.features.canFlush)
      this.request();
  }

  async #round(): Promise<boolean> {
    try {
      return this.#options.target.features.canFlush ? await this.#flushAll() : this.#trustAll();
    } finally {
      this.#flushedAtMs = performance.now();
      this.#running = undefined;
    }
  }

  async #flushAll(): Promise<boolean> {
    const { parties } = this.#options;
    this.#bytesAtRound = this.#bytesDone;
    const flushed = await Promise.all(parties.map((party) => party.flush()));
    const isKept = flushed.every(({ isGood }) => isGood);
    for (const party of parties) party.settle(isKept);
    if (isKept) await this.#keep(flushed);
    const hasStale = flushed.some(({ stale }) => stale > 0);
    if (isKept && flushed.some(({ ranges }) => ranges.length > 0)) this.#fruitless = 0;
    else if (!isKept || hasStale) this.#countFruitless(flushed.find(({ error }) => error !== undefined)?.error);
    return isKept;
  }

  async #keep(flushed: readonly PartyFlushed[]): Promise<void> {
    for (const { bytesCopied, bytesZeroed, bytesSkipped } of flushed) {
      this.#durable.bytesCopied += bytesCopied;
      this.#durable.bytesZeroed += bytesZeroed;
      this.#durable.bytesSkipped += bytesSkipped;
    }
    const ranges = normalise(flushed.flatMap((each) => each.ranges));
    if (ranges.length === 0 || this.#isStopped) return;
    const { bytesTotal, bytesResumed } = this.#options.counter;
    const bytesSkipped = this.#durable.bytesSkipped + bytesResumed;
    await this.#options.checkpoint?.save(ranges, { ...this.#durable, bytesSkipped, bytesTotal, bytesResumed });
  }

  /** Without FLUSH nothing ever becomes durable, so a lost target cannot be repaired. */
  #trustAll(): boolean {
    const { parties, target } = this.#options;
    for (const party of parties) party.settle(true);
    if (target.restarts === this.#restartsAtStart) return true;
    throw upstream('transfer.target-restarted', `${target.name} was lost during the copy and cannot flush`, {
      hint: 'what it had acknowledged may be gone; start the copy again',
      details: { target: target.name },
    });
  }

  /** Work was put back. A target that does this again and again without keeping anything is given up. */
  #countFruitless(cause: unknown): void {
    this.#fruitless += 1;
    if (this.#fruitless < FRUITLESS_MAX) return;
    if (cause !== undefined) throw cause;
    const { target } = this.#options;
    throw upstream('transfer.target-unstable', `${target.name} restarts faster than it can be flushed`, {
      details: { target: target.name, restarts: target.restarts },
    });
  }
}
