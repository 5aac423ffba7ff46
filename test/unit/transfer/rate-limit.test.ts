import { expect, test } from '@jest/globals';
import type { Clock } from '../../../src/base/clock.ts';
import { MiB } from '../../../src/base/units.ts';
import { RateLimit } from '../../../src/transfer/rate-limit.ts';

/** A clock that jumps ahead each time that it is read. */
function jumpingClock(stepMs: number): Clock & { elapsedMs: number } {
  return {
    elapsedMs: 0,
    now: () => 0,
    monotonic() {
      this.elapsedMs += stepMs;
      return this.elapsedMs;
    },
  };
}

const { signal } = new AbortController();

test('no limit never waits', () => {
  expect(new RateLimit(undefined).take(1e12, signal)).toBeUndefined();
  expect(new RateLimit(0).take(1e12, signal)).toBeUndefined();
});

test('bytes pass no faster than the rate, however many ask', async () => {
  const clock = jumpingClock(1);
  const limit = new RateLimit(1000 * MiB, clock);
  await Promise.all(Array.from({ length: 4 }, async () => limit.take(25 * MiB, signal)));
  await limit.take(1, signal);
  expect(clock.elapsedMs).toBeGreaterThanOrEqual(95);
});

test('who waits for a slow rate goes on when the limit is lifted', async () => {
  const limit = new RateLimit(1);
  await limit.take(1_000_000, signal);
  const waiting = limit.take(1, signal);
  limit.set(undefined);
  await waiting;
  expect(limit.bytesPerS).toBeUndefined();
});

test('who waits stops with the reason of the signal', async () => {
  const limit = new RateLimit(1);
  await limit.take(1_000_000, signal);
  const stop = new AbortController();
  const waiting = limit.take(1, stop.signal);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});
