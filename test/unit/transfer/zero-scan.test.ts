import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { KiB, MiB } from '../../../src/base/units.ts';
import { isZero, zeroRuns } from '../../../src/transfer/zero-scan.ts';

test('one byte that is not zero is found wherever it is', () => {
  const buffer = Buffer.alloc(3 * MiB);
  expect(isZero(buffer, 0, buffer.length)).toBe(true);
  for (const at of [0, 1, 4095, 64 * KiB, MiB - 1, MiB, MiB + 1, 3 * MiB - 1]) {
    buffer[at] = 1;
    expect(isZero(buffer, 0, buffer.length)).toBe(false);
    expect(isZero(buffer, at + 1, buffer.length)).toBe(true);
    expect(isZero(buffer, 0, at)).toBe(true);
    buffer[at] = 0;
  }
});

test('runs cover the buffer, alternate, and only runs without any other byte are called zero', () => {
  const length = 300 * KiB;
  fc.assert(
    fc.property(
      fc.array(fc.nat(length - 1), { maxLength: 4 }),
      fc.integer({ min: 0, max: 1000 }).map((n) => n * 512),
      (marks, offset) => {
        const buffer = Buffer.alloc(length);
        for (const mark of marks) buffer[mark] = 0xff;
        const runs = zeroRuns(buffer, length, offset);
        expect(runs[0]?.start).toBe(0);
        expect(runs.at(-1)?.end).toBe(length);
        runs.forEach((run, index) => {
          const next = runs[index + 1];
          if (next !== undefined) {
            expect(next.start).toBe(run.end);
            expect(next.isZero).toBe(!run.isZero);
            expect((offset + run.end) % (64 * KiB)).toBe(0);
          }
          const hasMark = marks.some((mark) => mark >= run.start && mark < run.end);
          expect(run.isZero && hasMark).toBe(false);
        });
        expect(runs.some((run) => !run.isZero)).toBe(marks.length > 0);
      },
    ),
  );
});
