import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GiB, KiB, MiB } from '../../../../src/base/units.ts';
import { cut, endOf, normalise, sumBytes } from '../../../../src/transfer/ranges.ts';
import { chosenZeros, isChosen, verifyPlan } from '../../../../src/transfer/verify/sample.ts';

const CHUNK = 512 * KiB;
const planOf = (mode: 'sample' | 'full', lengthBytes: number, seed = 7) =>
  verifyPlan(mode, { lengthBytes, chunkBytes: CHUNK, seed });
const chosenOf = (lengthBytes: number, seed: number) =>
  [...cut({ offset: 0, length: lengthBytes }, CHUNK)].filter((chunk) =>
    isChosen(planOf('sample', lengthBytes, seed), chunk),
  );

describe('a sample', () => {
  test.each([1, 2, 3])('of a large disk is about its share of the chunks, and has both ends (seed %i)', (seed) => {
    const chosen = chosenOf(64 * GiB, seed);
    const share = chosen.length / ((64 * GiB) / CHUNK);
    expect(share).toBeGreaterThan(0.018);
    expect(share).toBeLessThan(0.022);
    expect([chosen[0]?.offset, endOf(chosen.at(-1) ?? { offset: 0, length: 0 })]).toEqual([0, 64 * GiB]);
  });

  test('is spread over the disk, also above 2^32', () => {
    const counts = new Map<number, number>();
    for (const { offset } of chosenOf(64 * GiB, 5)) {
      counts.set(Math.floor(offset / (4 * GiB)), (counts.get(Math.floor(offset / (4 * GiB))) ?? 0) + 1);
    }
    expect(counts.size).toBe(16);
    expect(Math.min(...counts.values())).toBeGreaterThan(100);
  });

  test('is the same for the same seed and another one for another', () => {
    expect(chosenOf(8 * GiB, 1)).toEqual(chosenOf(8 * GiB, 1));
    expect(chosenOf(8 * GiB, 1)).not.toEqual(chosenOf(8 * GiB, 2));
  });

  test('of a small disk is all of it', () => {
    expect(chosenOf(20 * MiB, 1)).toHaveLength(40);
  });

  test('of zeros takes ascending places inside of them, few on the largest disk', () => {
    const lengthBytes = 10 * 1024 * GiB;
    const chosen = [...chosenZeros(planOf('sample', lengthBytes), { offset: 0, length: lengthBytes })];
    expect(chosen.length).toBeGreaterThan(1_000);
    expect(chosen.length).toBeLessThan(1_030);
    expect(sumBytes(chosen)).toBeLessThan(100 * MiB);
    expect(normalise(chosen)).toEqual(chosen);
    expect([chosen[0]?.offset, endOf(chosen.at(-1) ?? { offset: 0, length: 0 })]).toEqual([0, lengthBytes]);
  });

  test('of zeros ascends and never leaves the range', () => {
    const range = fc.record({ offset: fc.nat({ max: 1_000 }), length: fc.integer({ min: 1, max: 1_000 }) });
    fc.assert(
      fc.property(range, fc.nat(), ({ offset, length }, seed) => {
        const zeros = { offset: offset * MiB, length: Math.min(length * MiB, 4 * GiB - offset * MiB) };
        let before = zeros.offset;
        for (const each of chosenZeros(planOf('sample', 4 * GiB, seed), zeros)) {
          expect(each.offset).toBeGreaterThanOrEqual(before);
          expect(each.length).toBeGreaterThan(0);
          before = endOf(each);
        }
        expect(before).toBeLessThanOrEqual(endOf(zeros));
      }),
    );
  });
});

test('all of a disk is chosen when all is asked for, zeros in one piece', () => {
  const plan = planOf('full', 8 * GiB);
  expect([...cut({ offset: 0, length: 8 * GiB }, CHUNK)].every((chunk) => isChosen(plan, chunk))).toBe(true);
  expect([...chosenZeros(plan, { offset: 5, length: GiB })]).toEqual([{ offset: 5, length: GiB }]);
});
