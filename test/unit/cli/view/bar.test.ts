import { describe, expect, test } from '@jest/globals';
import { GiB, MiB } from '../../../../src/base/units.ts';
import { type Bar, bars } from '../../../../src/cli/view/bar.ts';
import { paints } from '../../../../src/cli/view/paint.ts';
import { widthOf } from '../../../../src/cli/view/text.ts';

const paint = paints(false);
const half: Bar = {
  label: 'disk-2000',
  percent: 62.5,
  doneBytes: 5 * GiB,
  totalBytes: 8 * GiB,
  bytesPerS: 112 * MiB,
  leftS: 27,
};
const done: Bar = { ...half, label: 'disk-2001 system', percent: 100, doneBytes: 8 * GiB, bytesPerS: 0, leftS: null };

describe('bars', () => {
  test('show how far, how much, how fast and how long, below each other', () => {
    expect(bars([half, done], { width: 108, paint })).toEqual([
      '  disk-2000         ███████████████████░░░░░░░░░░░░   62.5 %  5.0 GiB sent of 8.0 GiB  112.0 MiB/s  ETA 27 s',
      '  disk-2001 system  ███████████████████████████████  100.0 %  8.0 GiB sent of 8.0 GiB',
    ]);
  });

  test('say at the end what was not sent: zeros', () => {
    const sparse = { ...done, doneBytes: 5 * GiB };
    expect(bars([sparse], { width: 100, paint })[0]).toMatch(/100\.0 % {2}5\.0 GiB sent, 3\.0 GiB zeros$/);
  });

  test.each([20, 30, 40, 60, 80, 100, 200])('fit %i columns', (width) => {
    for (const line of bars([half, done], { width, paint }))
      expect(widthOf(line)).toBeLessThanOrEqual(Math.max(width, 29));
  });

  test('leave out first what matters least', () => {
    expect(bars([half], { width: 60, paint })[0]).toMatch(/62\.5 % {2}5\.0 GiB sent of 8\.0 GiB$/);
    expect(bars([half], { width: 40, paint })[0]).toMatch(/62\.5 %$/);
  });

  test('never draw more or less than a bar', () => {
    const [over, under] = bars(
      [
        { ...half, percent: 250 },
        { ...half, percent: -5 },
      ],
      { width: 60, paint },
    );

    expect(over).not.toContain('░');
    expect(under).not.toContain('█');
  });
});
