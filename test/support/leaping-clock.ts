import { systemClock, type Clock } from '../../src/base/clock.ts';

/** The clock of the system whose monotonic time a test moves on: waits of hours are over when it says so. */
export class LeapingClock implements Clock {
  #leaptMs = 0;

  now(): number {
    return systemClock.now();
  }

  monotonic(): number {
    return systemClock.monotonic() + this.#leaptMs;
  }

  leap(ms: number): void {
    this.#leaptMs += ms;
  }
}
