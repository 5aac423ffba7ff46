import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { MiB, SECOND } from '../../../src/base/units.ts';
import type { BlockDevice, ByteRange } from '../../../src/transfer/block-device.ts';
import type { CopyCounter } from '../../../src/transfer/copy-options.ts';
import { PlanGaps } from '../../../src/transfer/plan-gaps.ts';
import { sumBytes } from '../../../src/transfer/ranges.ts';
import { WrittenLog, type WrittenChunk } from '../../../src/transfer/written-log.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** Flushes when the test says so. */
class SlowTarget implements Pick<BlockDevice, 'name' | 'features' | 'restarts'> {
  readonly name = 'slow';
  readonly features = { isReadOnly: false, canZero: true, canFlush: true, canExtents: false };
  restarts = 0;
  flushes: PromiseWithResolvers<void>[] = [];

  flush(): Promise<void> {
    const flush = Promise.withResolvers<void>();
    this.flushes.push(flush);
    return flush.promise;
  }
}

function open() {
  const target = new SlowTarget();
  const counter: CopyCounter = { bytesTotal: 0, bytesCopied: 0, bytesZeroed: 0, bytesSkipped: 0, bytesResumed: 0 };
  const saved: ByteRange[] = [];
  const save = (ranges: readonly ByteRange[]): Promise<void> => Promise.resolve(void saved.push(...ranges));
  const device = target as SlowTarget & BlockDevice;
  const log = new WrittenLog(device, counter, { checkpoint: { done: [], save }, gaps: new PlanGaps() });
  let offset = 0;
  const write = (): Promise<void> => {
    const chunk = { offset, length: MiB, kind: 'data' as const };
    offset += MiB;
    const written: WrittenChunk = { chunk, epoch: log.epoch, bytesCopied: MiB, bytesZeroed: 0, bytesSkipped: 0 };
    return log.acknowledge(written);
  };
  return { target, counter, saved, write, log };
}

/** Whether a promise is still open after everything that can go on has gone on. */
async function waits(promise: Promise<void>): Promise<boolean> {
  let isSettled = false;
  void promise.then(() => (isSettled = true));
  await jest.advanceTimersByTimeAsync(1);
  return !isSettled;
}

test('the first checkpoint comes early, and the pause grows to two seconds', async () => {
  const { target, write } = open();
  const pauses: number[] = [];
  for (let flush = 0; flush < 5; flush += 1) {
    let ms = 0;
    for (; target.flushes.length === flush; ms += 50) {
      await jest.advanceTimersByTimeAsync(50);
      await write();
    }
    pauses.push(ms);
    target.flushes.at(-1)?.resolve();
    await jest.advanceTimersByTimeAsync(1);
  }
  expect(pauses).toEqual([250, 500, 1000, 2000, 2000]);
});

test('while a FLUSH takes long, no more is acknowledged than may be lost to a kill', async () => {
  const { target, counter, saved, write } = open();
  // 16 MiB/s until now: 64 MiB are more than three seconds of that.
  for (let second = 0; second < 10; second += 1) {
    for (let n = 0; n < 16; n += 1) {
      await jest.advanceTimersByTimeAsync(SECOND / 16);
      void write();
      target.flushes.at(-1)?.resolve();
    }
  }
  await jest.advanceTimersByTimeAsync(3 * SECOND);
  const safe = sumBytes(saved);
  let last = write();
  for (let n = 0; n < 100 && !(await waits(last)); n += 1) last = write();
  const atRisk = counter.bytesCopied - safe;
  expect(atRisk).toBeGreaterThan(24 * MiB);
  expect(atRisk).toBeLessThanOrEqual(64 * MiB - 20 * MiB);
  target.flushes.at(-1)?.resolve();
  expect(await waits(last)).toBe(false);
});

test('a target that lost everything once, and then takes long for what was under way, is not given up', async () => {
  const { target, saved, write, log } = open();
  const before = { chunk: { offset: 0, length: MiB, kind: 'data' as const }, epoch: log.epoch };
  target.restarts += 1;
  for (let flush = 0; flush < 20; flush += 1) {
    await jest.advanceTimersByTimeAsync(3 * SECOND);
    await log.acknowledge({ ...before, bytesCopied: MiB, bytesZeroed: 0, bytesSkipped: 0 });
    target.flushes.at(-1)?.resolve();
    await jest.advanceTimersByTimeAsync(1);
  }
  expect(log.redo).toHaveLength(20);
  expect(saved).toEqual([]);
  await jest.advanceTimersByTimeAsync(3 * SECOND);
  await write();
  target.flushes.at(-1)?.resolve();
  await jest.advanceTimersByTimeAsync(1);
  expect(sumBytes(saved)).toBe(MiB);
});

test('a target that loses everything between any two FLUSHes is given up', async () => {
  const { target, write } = open();
  const losing = async (): Promise<void> => {
    for (let flush = 0; flush < 20; flush += 1) {
      await jest.advanceTimersByTimeAsync(3 * SECOND);
      await write();
      target.restarts += 1;
      target.flushes.at(-1)?.resolve();
      await jest.advanceTimersByTimeAsync(1);
    }
  };
  await expect(losing()).rejects.toMatchObject({ code: 'transfer.target-unstable' });
  expect(target.flushes).toHaveLength(5);
});
