import { systemClock, sleep, type Clock } from '../base/clock.ts';
import { SECOND } from '../base/units.ts';

/** How long unused allowance is kept: enough to even out the steps of large requests, too little for a burst. */
const BURST_MS = 250;
/** A changed rate takes effect within this time, also for those who already wait. */
const RECHECK_MS = 200;

/**
 * A limit in bytes per second that any number of copies may share and anybody may change while they run. Bytes that do
 * not cross the wire (holes, zeroes) are free.
 */
export class RateLimit {
  #bytesPerS: number | undefined;
  #freeAtMs = 0;
  readonly #clock: Clock;

  /** `undefined`: no limit. */
  constructor(bytesPerS: number | undefined, clock: Clock = systemClock) {
    this.#clock = clock;
    this.set(bytesPerS);
  }

  get bytesPerS(): number | undefined {
    return this.#bytesPerS;
  }

  /** `undefined` lifts the limit. What was taken before is forgiven, so that a raised limit acts at once. */
  set(bytesPerS: number | undefined): void {
    this.#bytesPerS = bytesPerS !== undefined && bytesPerS > 0 ? bytesPerS : undefined;
    this.#freeAtMs = this.#clock.monotonic();
  }

  /** Returns when `bytes` may be moved. Throws the reason of `signal`. Undefined instead of a promise: go at once. */
  take(bytes: number, signal: AbortSignal): Promise<void> | undefined {
    if (this.#bytesPerS === undefined) return undefined;
    return this.#wait(bytes, signal);
  }

  async #wait(bytes: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#bytesPerS === undefined) return;
      const now = this.#clock.monotonic();
      if (this.#freeAtMs <= now) {
        this.#freeAtMs = Math.max(this.#freeAtMs, now - BURST_MS) + (bytes / this.#bytesPerS) * SECOND;
        return;
      }
      await sleep(Math.min(this.#freeAtMs - now, RECHECK_MS), signal);
    }
  }
}
