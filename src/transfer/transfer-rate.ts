import { SECOND } from '../base/units.ts';

/** How fast a transfer is and when it may end. Pure: the caller brings a time that never goes back. */

const CURRENT_MS = 10 * SECOND;
const ETA_MS = 60 * SECOND;
/** A shorter look says nothing about what is ahead. */
const LOOK_MS_MIN = 5 * SECOND;
/** Nobody plans with a month; it only means that nothing moves. */
const ETA_SECONDS_MAX = 30 * 86_400;

export interface Passed {
  /** Bytes of data that went over the wire in this attempt. */
  readonly copiedBytes: number;
  /** Bytes that this attempt copied, zeroed or did not need to touch; not what earlier attempts had done. */
  readonly workedBytes: number;
}

interface Sample extends Passed {
  readonly atMs: number;
}

export class TransferRate {
  readonly #first: Sample;
  #samples: Sample[];

  constructor(startMs: number) {
    this.#first = { atMs: startMs, copiedBytes: 0, workedBytes: 0 };
    this.#samples = [this.#first];
  }

  add(atMs: number, passed: Passed): void {
    this.#samples.push({ atMs, ...passed });
    // One sample from before the window stays, so that the window is always covered.
    const from = this.#samples.findLastIndex((sample) => sample.atMs <= atMs - ETA_MS);
    if (from > 0) this.#samples = this.#samples.slice(from);
  }

  /** Bytes of data per second over the last seconds. */
  get currentBps(): number {
    return this.#rate(CURRENT_MS, (sample) => sample.copiedBytes);
  }

  /** Bytes of data per second since the start. */
  get averageBps(): number {
    return rateOf(this.#first, this.#last, (sample) => sample.copiedBytes);
  }

  /** Seconds for what remains, at the pace of the last minute; undefined when that cannot be told. */
  etaSeconds(remainingBytes: number): number | undefined {
    if (remainingBytes <= 0) return 0;
    if (this.#last.atMs - this.#first.atMs < LOOK_MS_MIN) return undefined;
    const rate = this.#rate(ETA_MS, (sample) => sample.workedBytes);
    const seconds = rate > 0 ? Math.ceil(remainingBytes / rate) : Number.POSITIVE_INFINITY;
    return seconds <= ETA_SECONDS_MAX ? seconds : undefined;
  }

  get #last(): Sample {
    return this.#samples.at(-1) ?? this.#first;
  }

  #rate(overMs: number, bytes: (sample: Sample) => number): number {
    const from = this.#samples.findLast((sample) => sample.atMs <= this.#last.atMs - overMs);
    return rateOf(from ?? this.#samples[0] ?? this.#first, this.#last, bytes);
  }
}

/** A chunk that was put back after a restart of the target may make the count go back: that is no negative speed. */
function rateOf(from: Sample, to: Sample, bytes: (sample: Sample) => number): number {
  const ms = to.atMs - from.atMs;
  return ms <= 0 ? 0 : Math.max(0, Math.round(((bytes(to) - bytes(from)) / ms) * SECOND));
}
