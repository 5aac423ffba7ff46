import { upstream } from '../base/errors.ts';
import { MiB, SECOND } from '../base/units.ts';
import type { BlockDevice, ByteRange } from './block-device.ts';
import type { CopyCheckpoint, CopyCounter, CopyHashes } from './copy-options.ts';
import type { PlanGaps } from './plan-gaps.ts';
import { normalise } from './ranges.ts';
import { unpackHashed, type HashedChunks } from './verify/hashed-chunks.ts';

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
  /** Where hashes are asked for. */
  readonly hashed?: HashedChunks | undefined;
  /** How often the party's connections to the target were lost so far. */
  readonly losses: number;
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
  /** What everybody has done so far. */
  readonly counter: Readonly<CopyCounter>;
  readonly checkpoint: CopyCheckpoint | undefined;
  readonly hashes?: CopyHashes | undefined;
  /** Knows every run of the plan before its first chunk is done. */
  readonly gaps: PlanGaps;
  /** A round failed for good: the copy cannot end well. */
  readonly fail: (error: unknown) => unknown;
}

/** Losses in a row, with nothing kept between them, before the target is given up. */
const FRUITLESS_MAX = 5;
/** The first checkpoint comes early, so that attempts that die young get ahead too; each next one takes twice as long. */
const EVERY_MS = { first: SECOND / 4, withCheckpoint: 2 * SECOND, without: 30 * SECOND };
/**
 * What a kill may cost: acknowledged data that no checkpoint names, while a slow FLUSH or a slow `save` runs. So much
 * time of transfer, at least so many bytes, both less what may be under way: slabs, and what threads were handed.
 */
const AT_RISK = { seconds: 3, atLeastBytes: 64 * MiB, underWayBytes: 24 * MiB, ofThreadBytes: 16 * MiB };

/**
 * Conducts the flushes of all who write to one target. A round is kept when every party's FLUSH succeeded and nobody lost
 * the target meanwhile; otherwise all of it is done again, by all of them: the server may tell an error of its disk to
 * one connection only.
 */
export class FlushRounds {
  readonly #options: FlushRoundsOptions;
  readonly #durable: CopyCounter;
  readonly #startedAtMs = performance.now();
  readonly #restartsAtStart: number;
  #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #bytesAtRound = 0;
  #running: Promise<boolean> | undefined;
  #fruitless = 0;
  /** What is put back without a new one belongs to a loss that was counted. */
  #countedLosses: number;
  #isStopped = false;

  constructor(options: FlushRoundsOptions) {
    this.#options = options;
    const { checkpoint, target } = options;
    this.#durable = { bytesTotal: 0, bytesCopied: 0, bytesZeroed: 0, bytesSkipped: 0, bytesResumed: 0 };
    this.#everyMs = checkpoint?.everyMs ?? (checkpoint === undefined ? EVERY_MS.without : EVERY_MS.first);
    this.#restartsAtStart = target.restarts;
    this.#countedLosses = target.restarts;
    this.#setTimer();
  }

  /** Somebody acknowledged something. The promise: it shall not go on before that settles, or a kill would cost too much. */
  acknowledged(): Promise<unknown> | undefined {
    if (this.#options.checkpoint === undefined || this.#isStopped) return undefined;
    const isTooMuch = this.#isTooMuchAtRisk();
    const { everyBytes = Infinity } = this.#options.checkpoint;
    if (isTooMuch || this.#bytesDone - this.#bytesAtRound >= everyBytes) this.request();
    return isTooMuch ? this.#running?.catch(() => undefined) : undefined;
  }

  /** A round now, in the background. */
  request(): void {
    if (this.#isStopped || this.#running !== undefined) return;
    this.#running = this.#round();
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
    clearTimeout(this.#timer);
    await this.#running?.catch(() => undefined);
  }

  get #bytesDone(): number {
    const { bytesCopied, bytesZeroed } = this.#options.counter;
    return bytesCopied + bytesZeroed;
  }

  #isTooMuchAtRisk(): boolean {
    const { counter, parties } = this.#options;
    const seconds = (performance.now() - this.#startedAtMs) / SECOND;
    const lostBytes = Math.max((counter.bytesCopied / seconds) * AT_RISK.seconds, AT_RISK.atLeastBytes);
    const underWayBytes = AT_RISK.underWayBytes + (parties.length - 1) * AT_RISK.ofThreadBytes;
    const mayBytes = Math.max(lostBytes - underWayBytes, AT_RISK.atLeastBytes / 4);
    return counter.bytesCopied - this.#durable.bytesCopied > mayBytes;
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped || !this.#options.target.features.canFlush) return;
    this.#timer = setTimeout(() => {
      if (this.#bytesDone === this.#bytesAtRound) this.#setTimer();
      else this.request();
    }, this.#everyMs);
    this.#timer.unref();
  }

  async #round(): Promise<boolean> {
    try {
      return this.#options.target.features.canFlush ? await this.#flushAll() : await this.#trustAll();
    } finally {
      this.#running = undefined;
      const { checkpoint } = this.#options;
      const isGrowing = checkpoint !== undefined && checkpoint.everyMs === undefined;
      if (isGrowing) this.#everyMs = Math.min(this.#everyMs * 2, EVERY_MS.withCheckpoint);
      this.#setTimer();
    }
  }

  async #flushAll(): Promise<boolean> {
    const { parties } = this.#options;
    this.#bytesAtRound = this.#bytesDone;
    const flushed = await Promise.all(parties.map((party) => party.flush()));
    const isKept = flushed.every(({ isGood }) => isGood);
    for (const party of parties) party.settle(isKept);
    if (isKept) await this.#keep(flushed);
    if (isKept && flushed.some(({ ranges }) => ranges.length > 0)) this.#fruitless = 0;
    else if (!isKept || flushed.some(({ stale }) => stale > 0)) this.#countFruitless(flushed);
    return isKept;
  }

  async #keep(flushed: readonly PartyFlushed[]): Promise<void> {
    const { counter, checkpoint, gaps } = this.#options;
    const ranges = normalise(normalise(flushed.flatMap((each) => each.ranges)).map((range) => gaps.withGap(range)));
    if (ranges.length === 0 || this.#isStopped) return;
    const durable = { ...this.#durable };
    for (const { bytesCopied, bytesZeroed, bytesSkipped } of flushed) {
      durable.bytesCopied += bytesCopied;
      durable.bytesZeroed += bytesZeroed;
      durable.bytesSkipped += bytesSkipped;
    }
    await this.#saveHashes(flushed);
    const { bytesTotal, bytesResumed } = counter;
    const bytesSkipped = durable.bytesSkipped + bytesResumed;
    await checkpoint?.save(ranges, { ...durable, bytesSkipped, bytesTotal, bytesResumed });
    Object.assign(this.#durable, durable);
  }

  async #saveHashes(flushed: readonly PartyFlushed[]): Promise<void> {
    const { hashes } = this.#options;
    if (hashes === undefined) return;
    await hashes.save(flushed.flatMap(({ hashed }) => (hashed === undefined ? [] : [...unpackHashed(hashed)])));
  }

  /** Without FLUSH nothing ever becomes durable, so a lost target cannot be repaired. */
  async #trustAll(): Promise<boolean> {
    const { parties, target, hashes } = this.#options;
    const acknowledged = hashes === undefined ? [] : await Promise.all(parties.map((party) => party.flush()));
    for (const party of parties) party.settle(true);
    await this.#saveHashes(acknowledged);
    if (target.restarts === this.#restartsAtStart) return true;
    throw upstream('transfer.target-restarted', `${target.name} was lost during the copy and cannot flush`, {
      hint: 'what it had acknowledged may be gone; start the copy again',
      details: { target: target.name },
    });
  }

  /**
   * Work was put back. A target that does this again and again without keeping anything is given up; one that is slow to
   * acknowledge what was under way at one loss is not.
   */
  #countFruitless(flushed: readonly PartyFlushed[]): void {
    const error = flushed.find((each) => each.error !== undefined)?.error;
    const losses = flushed.reduce((sum, each) => sum + each.losses, 0);
    if (error === undefined && losses === this.#countedLosses) return;
    this.#countedLosses = losses;
    this.#fruitless += 1;
    if (this.#fruitless < FRUITLESS_MAX) return;
    if (error !== undefined) throw error;
    const { target } = this.#options;
    throw upstream('transfer.target-unstable', `${target.name} restarts faster than it can be flushed`, {
      details: { target: target.name, restarts: target.restarts },
    });
  }
}
