import { describe, expect, test } from '@jest/globals';
import { LaneCount } from '../../../src/transfer/lane-count.ts';

const FREE = { look: () => 0.5 };
const BUSY = { look: () => 0.1 };

/** Carries chunks for a while, as many a millisecond as `perMs` says of the lanes there are. */
function work(count: LaneCount, [from, to]: readonly [number, number], perMs: (lanes: number) => number): void {
  let owed = 0;
  for (let now = from; now < to; now += 1) {
    for (owed += perMs(count.wanted); owed >= 1; owed -= 1) count.carried(now);
  }
}

describe('the number of lanes', () => {
  test('grows to its bound where every lane carries its part, as over a long way', () => {
    const count = new LaneCount({ start: 16, max: 40 }, FREE);
    work(count, [0, 2_000], (lanes) => lanes / 10);
    expect(count.wanted).toBe(40);
  });

  test('comes back where more lanes carry no more, as behind a slow disk, and tries again later', () => {
    const count = new LaneCount({ start: 16, max: 64 }, FREE);
    const seen = new Set<number>();
    const limited = (lanes: number): number => {
      seen.add(lanes);
      return 2;
    };
    work(count, [0, 3_000], limited);
    expect(count.wanted).toBe(16);
    expect([...seen]).toEqual([16, 32]);
    seen.clear();
    work(count, [3_000, 12_000], limited);
    expect(seen.has(32)).toBe(true);
    expect(count.wanted).toBe(16);
  });

  test('is not tried while the processors are busy, and is when they are free again', () => {
    let idle = BUSY;
    const count = new LaneCount({ start: 6, max: 10 }, { look: () => idle.look() });
    work(count, [0, 5_000], (lanes) => lanes / 10);
    expect(count.wanted).toBe(6);
    idle = FREE;
    work(count, [5_000, 7_000], (lanes) => lanes / 10);
    expect(count.wanted).toBe(10);
  });

  test('does not count what a copy carries while it is warming up', () => {
    const count = new LaneCount({ start: 16, max: 64 }, FREE);
    work(count, [0, 400], () => 0.1);
    work(count, [400, 1_100], () => 2);
    expect(count.wanted).toBe(16);
  });

  test('never changes when it was given', () => {
    const count = new LaneCount({ start: 5, max: 5 }, FREE);
    work(count, [0, 5_000], (lanes) => lanes);
    expect(count.wanted).toBe(5);
  });
});
