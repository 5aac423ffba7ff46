import { SECOND } from '../base/units.ts';
import { ProcessorIdle } from './processor-idle.ts';

/** Long enough to count by, short enough that a copy of some seconds still gains. */
const EPOCH_MS = 300;
/** Code is compiled and connections join meanwhile: what is counted then says nothing. */
const WARM_UP_MS = 400;
/** What did not pay may pay later: the far side, or the way to it, may have changed. */
const HOLD_MS = 10 * SECOND;
/** Twice the lanes pay when this much more is carried. */
const GAIN = 1.2;
/** With less of the processors idle than this, more lanes have nobody to carry them. */
const IDLE_SHARE = 0.15;

/**
 * How many chunks are under way at a time. Where each request takes long, because of the way or of the disk, more of
 * them carry more; where the processors are busy, they only wait for each other and for memory, and a trial costs what
 * it takes. Nobody can tell beforehand, so where a processor is idle it is tried: twice as many for a moment, and as
 * before where that did not pay.
 */
export class LaneCount {
  readonly #max: number;
  readonly #idle: Pick<ProcessorIdle, 'look'>;
  #wanted: number;
  #chunks = 0;
  #epochSinceMs: number | undefined;
  #trial: { readonly before: number; readonly perMs: number } | undefined;
  #holdUntilMs = 0;

  /** @param bounds start = max: never changes */
  constructor(
    bounds: { readonly start: number; readonly max: number },
    idle: Pick<ProcessorIdle, 'look'> = new ProcessorIdle(),
  ) {
    this.#wanted = bounds.start;
    this.#max = bounds.max;
    this.#idle = idle;
  }

  get wanted(): number {
    return this.#wanted;
  }

  /** Data of one request was carried over. @param nowMs monotonic */
  carried(nowMs: number): void {
    if (this.#epochSinceMs === undefined) {
      this.#epochSinceMs = nowMs + WARM_UP_MS;
      if (this.#wanted < this.#max) this.#idle.look();
    }
    if (nowMs < this.#epochSinceMs) return;
    this.#chunks += 1;
    const ms = nowMs - this.#epochSinceMs;
    if (ms < EPOCH_MS) return;
    this.#decide(this.#chunks / ms, nowMs);
    this.#chunks = 0;
    this.#epochSinceMs = nowMs;
  }

  #decide(perMs: number, nowMs: number): void {
    const trial = this.#trial;
    this.#trial = undefined;
    if (trial !== undefined && perMs < trial.perMs * GAIN) {
      this.#wanted = trial.before;
      this.#holdUntilMs = nowMs + HOLD_MS;
    }
    if (nowMs < this.#holdUntilMs || this.#wanted >= this.#max) return;
    if (this.#idle.look() < IDLE_SHARE) return;
    this.#trial = { before: this.#wanted, perMs };
    this.#wanted = Math.min(this.#max, this.#wanted * 2);
  }
}
