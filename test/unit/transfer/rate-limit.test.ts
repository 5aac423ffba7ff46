import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { KiB, MiB, SECOND } from '../../../src/base/units.ts';
import { RateLimit } from '../../../src/transfer/rate-limit.ts';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
});
afterEach(() => {
  jest.useRealTimers();
});

const { signal } = new AbortController();
const CHUNK_BYTES = 512 * KiB;

/** Lanes that ask for one chunk after the other until they are stopped, and what they were given. */
class Asking {
  bytes = 0;
  longestWaitMs = 0;
  readonly stop = new AbortController();
  readonly ended: Promise<unknown>;

  constructor(limit: RateLimit, { lanes = 1, chunkBytes = CHUNK_BYTES, busyMs = 0 } = {}) {
    const lane = async (): Promise<void> => {
      while (!this.stop.signal.aborted) {
        const askedAtMs = performance.now();
        await (limit.take(chunkBytes, this.stop.signal) ?? oneTurn());
        this.longestWaitMs = Math.max(this.longestWaitMs, performance.now() - askedAtMs);
        this.bytes += chunkBytes;
        if (busyMs > 0) await new Promise((resolve) => setTimeout(resolve, busyMs));
      }
    };
    this.ended = Promise.allSettled(Array.from({ length: lanes }, lane));
  }

  /** Bytes given while `ms` pass. */
  async during(ms: number): Promise<number> {
    const before = this.bytes;
    await jest.advanceTimersByTimeAsync(ms);
    return this.bytes - before;
  }
}

/** A lane that need not wait gives way for a virtual millisecond, or time would never pass. */
const oneTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

async function stopAll(...all: readonly Asking[]): Promise<void> {
  for (const each of all) each.stop.abort(new Error('enough'));
  await jest.advanceTimersByTimeAsync(1 * SECOND);
  await Promise.all(all.map((each) => each.ended));
}

/** Within 5 per cent of `bytes`. */
function expectAbout(value: number, bytes: number): void {
  expect(value).toBeGreaterThan(bytes * 0.95);
  expect(value).toBeLessThan(bytes * 1.05);
}

describe('one limit', () => {
  test('lets everything pass that has no limit', () => {
    expect(new RateLimit(undefined).take(1e12, signal)).toBeUndefined();
    expect(new RateLimit(0).take(1e12, signal)).toBeUndefined();
    expect(new RateLimit(0).bytesPerS).toBeUndefined();
  });

  test.each([
    { rate: 1 * MiB, lanes: 1 },
    { rate: 40 * MiB, lanes: 16 },
    { rate: 1024 * MiB, lanes: 64 },
  ])('of $rate bytes per second passes that much to $lanes lanes, within 5 per cent', async ({ rate, lanes }) => {
    const asking = new Asking(new RateLimit(rate), { lanes });
    await asking.during(1 * SECOND);
    expectAbout(await asking.during(20 * SECOND), rate * 20);
    await stopAll(asking);
  });

  test('saves nothing up for a burst while nobody asks', async () => {
    const limit = new RateLimit(10 * MiB);
    await jest.advanceTimersByTimeAsync(60 * SECOND);
    const asking = new Asking(limit, { lanes: 16 });
    expect(await asking.during(1 * SECOND)).toBeLessThan(12 * MiB);
    await stopAll(asking);
  });

  test.each([
    { change: 'raised', before: 1 * MiB, after: 64 * MiB },
    { change: 'lowered', before: 64 * MiB, after: 4 * MiB },
  ])('acts within 200 ms when it is $change, also for those who wait', async ({ before, after }) => {
    const limit = new RateLimit(before);
    const asking = new Asking(limit, { lanes: 8 });
    await asking.during(3 * SECOND);
    limit.set(after);
    await asking.during(200);
    expectAbout(await asking.during(10 * SECOND), after * 10);
    await stopAll(asking);
  });

  test('lets those who wait go at once when it is lifted', async () => {
    const limit = new RateLimit(1);
    expect(limit.take(1_000_000, signal)).toBeUndefined();
    const waiting = Promise.all([limit.take(1, signal), limit.take(1, signal)]);
    limit.set(undefined);
    await waiting;
    expect(jest.getTimerCount()).toBe(0);
  });

  test('is not begun anew when it is set to what it was', async () => {
    const limit = new RateLimit(1 * MiB);
    const asking = new Asking(limit, { lanes: 4 });
    await asking.during(1 * SECOND);
    let given = 0;
    for (let at = 0; at < 100; at += 1) {
      given += await asking.during(100);
      limit.set(1 * MiB);
    }
    expectAbout(given, 10 * MiB);
    await stopAll(asking);
  });

  test('waits off a request that takes longer than any timer', async () => {
    const limit = new RateLimit(1);
    expect(limit.take(3 * MiB, signal)).toBeUndefined();
    const next = limit.take(1, signal);
    await jest.advanceTimersByTimeAsync(3 * MiB * SECOND);
    await next;
  });
});

describe('who stops waiting', () => {
  test('gets the reason of the signal, and leaves no timer and no turn behind', async () => {
    const limit = new RateLimit(1 * MiB);
    const member = new RateLimit(undefined, { within: limit });
    expect(member.take(4 * MiB, signal)).toBeUndefined();
    const stop = new AbortController();
    const waiting = Array.from({ length: 40 }, async () => member.take(4 * MiB, stop.signal));
    stop.abort(new Error('enough'));
    const ended = await Promise.allSettled(waiting);
    expect(ended.map((each) => each.status === 'rejected' && String(each.reason))).toEqual(
      Array.from({ length: 40 }, () => 'Error: enough'),
    );
    expect(jest.getTimerCount()).toBe(0);
    const other = new Asking(new RateLimit(undefined, { within: limit }));
    await other.during(4 * SECOND);
    expectAbout(await other.during(20 * SECOND), 20 * MiB);
    await stopAll(other);
  });

  test('is refused at once when the signal has gone before', async () => {
    const limit = new RateLimit(1);
    await expect(limit.take(1, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  });
});

describe('members of a limit', () => {
  test('share it evenly, however many lanes each has', async () => {
    const job = new RateLimit(20 * MiB);
    const disks = [40, 1, 8, 1].map((lanes) => new Asking(new RateLimit(undefined, { within: job }), { lanes }));
    await jest.advanceTimersByTimeAsync(20 * SECOND);
    for (const disk of disks) expectAbout(disk.bytes, 100 * MiB);
    await stopAll(...disks);
  });

  test('share it by bytes, not by requests', async () => {
    const job = new RateLimit(20 * MiB);
    const of = (chunkBytes: number) => new Asking(new RateLimit(undefined, { within: job }), { lanes: 4, chunkBytes });
    const [small, large] = [of(64 * KiB), of(1 * MiB)];
    await jest.advanceTimersByTimeAsync(40 * SECOND);
    expectAbout(small.bytes, 400 * MiB);
    expectAbout(large.bytes, 400 * MiB);
    await stopAll(small, large);
  });

  test('leave to the others what they do not ask for', async () => {
    const job = new RateLimit(20 * MiB);
    const slow = new Asking(new RateLimit(undefined, { within: job }), { busyMs: 490 });
    const quick = new Asking(new RateLimit(undefined, { within: job }), { lanes: 40 });
    await jest.advanceTimersByTimeAsync(1 * SECOND);
    const [before, slowBefore] = [quick.bytes, slow.bytes];
    await jest.advanceTimersByTimeAsync(20 * SECOND);
    expectAbout(quick.bytes - before, 20 * MiB * 20 - (slow.bytes - slowBefore));
    expect(slow.bytes - slowBefore).toBeGreaterThan(35 * CHUNK_BYTES);
    // It waits for the chunk that is on its way, not for the forty that asked before it.
    expect(slow.longestWaitMs).toBeLessThan(100);
    await stopAll(slow, quick);
  });

  test('do not save up turns while a limit of their own holds them back', async () => {
    const job = new RateLimit(20 * MiB);
    const own = new RateLimit(1 * MiB, { within: job });
    const held = new Asking(own, { lanes: 8 });
    const free = new Asking(new RateLimit(undefined, { within: job }), { lanes: 8 });
    await jest.advanceTimersByTimeAsync(60 * SECOND);
    expectAbout(held.bytes, 60 * MiB);
    own.set(undefined);
    expectAbout(await free.during(10 * SECOND), 100 * MiB);
    await stopAll(held, free);
  });
});

describe('limits within limits', () => {
  test('the smallest decides, and each level may change while it is used', async () => {
    const worker = new RateLimit(64 * MiB);
    const job = new RateLimit(16 * MiB, { within: worker });
    const disk = new RateLimit(4 * MiB, { within: job });
    const asking = new Asking(disk, { lanes: 8 });
    await asking.during(2 * SECOND);
    const inForce = async (rate: number): Promise<void> => {
      await asking.during(200);
      expect(disk.bytesPerSInForce).toBe(rate);
      expectAbout(await asking.during(10 * SECOND), rate * 10);
    };
    await inForce(4 * MiB);
    disk.set(undefined);
    await inForce(16 * MiB);
    job.set(undefined);
    await inForce(64 * MiB);
    worker.set(8 * MiB);
    await inForce(8 * MiB);
    job.set(2 * MiB);
    await inForce(2 * MiB);
    worker.set(undefined);
    job.set(undefined);
    expect(disk.bytesPerSInForce).toBeUndefined();
    expect(disk.take(1e12, signal)).toBeUndefined();
    await stopAll(asking);
  });

  test('jobs share a worker evenly, however many disks each has', async () => {
    const worker = new RateLimit(24 * MiB);
    const jobOf = (disks: number): Asking[] => {
      const job = new RateLimit(undefined, { within: worker });
      return Array.from({ length: disks }, () => new Asking(new RateLimit(undefined, { within: job }), { lanes: 16 }));
    };
    const [one, many] = [jobOf(1), jobOf(9)];
    await jest.advanceTimersByTimeAsync(60 * SECOND);
    const sum = (of: readonly Asking[]): number => of.reduce((total, { bytes }) => total + bytes, 0);
    expectAbout(sum(one), 720 * MiB);
    expectAbout(sum(many), 720 * MiB);
    for (const disk of many) expectAbout(disk.bytes, 80 * MiB);
    await stopAll(...one, ...many);
  });

  test('a job that is held back does not hold back another one', async () => {
    const worker = new RateLimit(undefined);
    const held = new Asking(new RateLimit(1, { within: worker }), { lanes: 4 });
    const other = new Asking(new RateLimit(20 * MiB, { within: worker }), { lanes: 4 });
    await jest.advanceTimersByTimeAsync(10 * SECOND);
    expect(held.bytes).toBe(CHUNK_BYTES);
    expectAbout(other.bytes, 200 * MiB);
    await stopAll(held, other);
  });
});
