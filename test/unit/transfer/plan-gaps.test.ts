import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PlanGaps } from '../../../src/transfer/plan-gaps.ts';
import type { Chunk, Run } from '../../../src/transfer/plan-copy.ts';
import { endOf, normalise } from '../../../src/transfer/ranges.ts';
import { chunksOf } from '../../support/chunks.ts';

const DISK = { lengthBytes: 10_000, blockBytes: 1, requestBytes: 32, targetBlockBytes: 1, targetIsLarger: false };

const plan = fc
  .array(fc.record({ gap: fc.nat(20), length: fc.integer({ min: 1, max: 100 }) }), { minLength: 1, maxLength: 30 })
  .map((parts) => {
    let at = 0;
    return parts.map(({ gap, length }): Run => {
      const run: Run = { offset: at + gap, length, kind: 'data' };
      at = endOf(run);
      return run;
    });
  });

test('chunks that are done in any order come to one stretch, and never say more than is done', () => {
  fc.assert(
    fc.property(plan, fc.infiniteStream(fc.nat()), (runs, random) => {
      const gaps = new PlanGaps();
      const open: Chunk[] = [];
      for (const run of runs) {
        gaps.planned(run);
        open.push(...chunksOf(run, DISK));
      }
      let done: { offset: number; length: number }[] = [];
      while (open.length > 0) {
        const [chunk] = open.splice((random.next().value ?? 0) % open.length, 1);
        if (chunk !== undefined) done = normalise([...done, gaps.withGap(chunk)]);
        for (const left of open) {
          expect(done.some((range) => range.offset < endOf(left) && left.offset < endOf(range))).toBe(false);
        }
      }
      expect(done).toEqual([{ offset: 0, length: endOf(runs.at(-1) ?? { offset: 0, length: 0 }) }]);
    }),
  );
});

test('a gap before what was done earlier is not said again', () => {
  const gaps = new PlanGaps();
  gaps.planned({ offset: 10, length: 10, kind: 'done' });
  gaps.planned({ offset: 30, length: 10, kind: 'data' });
  expect(gaps.withGap({ offset: 10, length: 10 })).toEqual({ offset: 10, length: 10 });
  expect(gaps.withGap({ offset: 30, length: 5 })).toEqual({ offset: 20, length: 15 });
  expect(gaps.withGap({ offset: 35, length: 5 })).toEqual({ offset: 35, length: 5 });
});
