import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { MiB, SECOND } from '../../../src/base/units.ts';
import type { BlockDevice, ByteRange } from '../../../src/transfer/block-device.ts';
import { FlushRounds, type FlushParty, type PartyFlushed } from '../../../src/transfer/flush-rounds.ts';
import { PlanGaps } from '../../../src/transfer/plan-gaps.ts';
import { sumBytes } from '../../../src/transfer/ranges.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** Its flushes end when the test says so. */
class SlowParty implements FlushParty {
  readonly flushes: PromiseWithResolvers<void>[] = [];
  losses = 0;
  /** Acknowledged, by the number of losses before it was begun. */
  acknowledged: { range: ByteRange; losses: number }[] = [];
  hasRedo = false;
  redone = 0;

  async flush(): Promise<PartyFlushed> {
    const all = this.acknowledged.splice(0);
    const { losses } = this;
    const batch = all.filter((each) => each.losses === losses).map(({ range }) => range);
    const gate = Promise.withResolvers<void>();
    this.flushes.push(gate);
    await gate.promise;
    this.redone += all.length - batch.length;
    const counted = { bytesCopied: sumBytes(batch), bytesZeroed: 0, bytesSkipped: 0 };
    const isGood = this.losses === losses;
    return { isGood, ranges: batch, ...counted, stale: all.length - batch.length, losses: this.losses };
  }

  settle(): void {
    // What is put back is not done again here.
  }

  async answer(): Promise<void> {
    this.flushes.at(-1)?.resolve();
    await jest.advanceTimersByTimeAsync(1);
  }
}

function open() {
  const party = new SlowParty();
  const counter = { bytesTotal: 0, bytesCopied: 0, bytesZeroed: 0, bytesSkipped: 0, bytesResumed: 0 };
  const saved: ByteRange[] = [];
  const failures: unknown[] = [];
  const target = { name: 'slow', restarts: 0, features: { canFlush: true } };
  const rounds = new FlushRounds({
    parties: [party],
    target: target as unknown as BlockDevice,
    counter,
    checkpoint: { done: [], save: (ranges) => Promise.resolve(void saved.push(...ranges)) },
    gaps: new PlanGaps(),
    fail: (error) => failures.push(error),
  });
  let offset = 0;
  /** Acknowledges one MiB; what it returns is what a lane waits for. */
  const write = (losses = party.losses): Promise<unknown> | undefined => {
    party.acknowledged.push({ range: { offset, length: MiB }, losses });
    offset += MiB;
    counter.bytesCopied += MiB;
    return rounds.acknowledged();
  };
  return { party, counter, saved, failures, write };
}

test('the first checkpoint comes early, and the pause grows to two seconds', async () => {
  const { party, write } = open();
  const pauses: number[] = [];
  for (let flush = 0; flush < 5; flush += 1) {
    let ms = 0;
    for (; party.flushes.length === flush; ms += 50) {
      void write();
      await jest.advanceTimersByTimeAsync(50);
    }
    pauses.push(ms);
    await party.answer();
  }
  expect(pauses).toEqual([250, 500, 1000, 2000, 2000]);
});

test('while a FLUSH takes long, no more is acknowledged than may be lost to a kill', async () => {
  const { party, counter, saved, write } = open();
  // 16 MiB/s until now: 64 MiB are more than three seconds of that.
  for (let second = 0; second < 10; second += 1) {
    for (let n = 0; n < 16; n += 1) {
      await jest.advanceTimersByTimeAsync(SECOND / 16);
      void write();
      party.flushes.at(-1)?.resolve();
    }
  }
  await jest.advanceTimersByTimeAsync(3 * SECOND);
  let turn = write();
  for (let n = 0; n < 100 && turn === undefined; n += 1) turn = write();
  const atRisk = counter.bytesCopied - sumBytes(saved);
  expect(atRisk).toBeGreaterThan(24 * MiB);
  expect(atRisk).toBeLessThanOrEqual(64 * MiB - 20 * MiB);
  let mayGoOn = false;
  void turn?.then(() => (mayGoOn = true));
  await jest.advanceTimersByTimeAsync(1);
  expect(mayGoOn).toBe(false);
  await party.answer();
  expect(mayGoOn).toBe(true);
});

test('a target that lost everything once, and then takes long for what was under way, is not given up', async () => {
  const { party, saved, failures, write } = open();
  party.losses = 1;
  for (let flush = 0; flush < 20; flush += 1) {
    void write(0);
    await jest.advanceTimersByTimeAsync(3 * SECOND);
    await party.answer();
  }
  expect(party.redone).toBe(20);
  expect([saved, failures]).toEqual([[], []]);
  void write();
  await jest.advanceTimersByTimeAsync(3 * SECOND);
  await party.answer();
  expect(sumBytes(saved)).toBe(MiB);
});

test('a target that loses everything between any two FLUSHes is given up', async () => {
  const { party, failures, write } = open();
  for (let flush = 0; flush < 20 && failures.length === 0; flush += 1) {
    void write();
    await jest.advanceTimersByTimeAsync(3 * SECOND);
    party.losses += 1;
    await party.answer();
  }
  expect(failures).toMatchObject([{ code: 'transfer.target-unstable' }]);
  expect(party.flushes).toHaveLength(5);
});
