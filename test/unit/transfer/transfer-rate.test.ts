import { describe, expect, test } from '@jest/globals';
import { TransferRate } from '../../../src/transfer/transfer-rate.ts';

const both = (bytes: number): { copiedBytes: number; workedBytes: number } => ({
  copiedBytes: bytes,
  workedBytes: bytes,
});

describe('the rate of a transfer', () => {
  test('now is that of the last seconds, on average that since the start', () => {
    const rate = new TransferRate(1_000);
    rate.add(1_000 + 20_000, both(20_000));
    rate.add(1_000 + 30_000, both(120_000));
    expect(rate.currentBps).toBe(10_000);
    expect(rate.averageBps).toBe(4_000);
  });

  test('counts data that moves, while the time left counts everything that has to be gone through', () => {
    const rate = new TransferRate(0);
    rate.add(10_000, { copiedBytes: 1_000, workedBytes: 100_000 });
    expect(rate.currentBps).toBe(100);
    expect(rate.etaSeconds(50_000)).toBe(5);
  });

  test('says nothing of the time left before it has looked for a while, nor when nothing moves', () => {
    const rate = new TransferRate(0);
    rate.add(2_000, both(1_000_000));
    expect(rate.etaSeconds(1_000)).toBeUndefined();
    const stuck = new TransferRate(0);
    for (let second = 10; second <= 200; second += 10) stuck.add(second * 1_000, both(500));
    expect(stuck.currentBps).toBe(0);
    expect(stuck.etaSeconds(1_000)).toBeUndefined();
  });

  test('never announces more than a month, and nothing when nothing is left', () => {
    const rate = new TransferRate(0);
    rate.add(60_000, both(60));
    expect(rate.etaSeconds(30 * 86_400)).toBe(30 * 86_400);
    expect(rate.etaSeconds(30 * 86_400 + 1)).toBeUndefined();
    expect(rate.etaSeconds(0)).toBe(0);
  });

  test('is never negative when work is put back, and keeps no more than a minute', () => {
    const rate = new TransferRate(0);
    rate.add(10_000, both(5_000));
    rate.add(20_000, both(1_000));
    expect(rate.currentBps).toBe(0);
    for (let second = 22; second < 1_000; second += 2) rate.add(second * 1_000, both(second * 1_000_000));
    expect(rate.currentBps).toBe(1_000_000);
    expect(rate.etaSeconds(60_000_000)).toBe(60);
  });
});
