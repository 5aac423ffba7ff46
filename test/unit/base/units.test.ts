import { expect, test } from '@jest/globals';
import { formatBytes, formatDuration, GiB, MiB, wholeGiB } from '../../../src/base/units.ts';

test('a volume is never smaller than the disk it holds', () => {
  expect(wholeGiB(1)).toBe(1);
  expect(wholeGiB(GiB)).toBe(1);
  expect(wholeGiB(GiB + 1)).toBe(2);
  expect(wholeGiB(109_521_666_048)).toBe(102);
});

test('sizes and times read well', () => {
  expect([formatBytes(512), formatBytes(1.5 * MiB), formatBytes(3 * GiB)]).toEqual(['512 B', '1.5 MiB', '3.0 GiB']);
  expect([formatDuration(42_000), formatDuration(90_000), formatDuration(3_660_000)]).toEqual([
    '42 s',
    '1 min 30 s',
    '1 h 1 min',
  ]);
});
