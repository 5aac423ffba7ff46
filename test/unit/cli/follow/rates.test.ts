import { expect, test } from '@jest/globals';
import { Rates } from '../../../../src/cli/follow/rates.ts';

test('the speed is that of the last seconds, of each counter apart', () => {
  const rates = new Rates();
  expect(rates.add('a', 0, 0)).toBeUndefined();
  expect(rates.add('b', 0, 0)).toBeUndefined();
  expect(rates.add('a', 2_000, 2_000)).toBe(1_000);
  expect(rates.add('b', 500, 2_000)).toBe(250);
  // Twenty seconds later the slow beginning is forgotten.
  expect(rates.add('a', 2_000, 20_000)).toBeUndefined();
  expect(rates.add('a', 42_000, 22_000)).toBe(20_000);
});

test('a counter that began anew has no negative speed', () => {
  const rates = new Rates();
  rates.add('a', 5_000, 0);
  rates.add('a', 6_000, 1_000);

  expect(rates.add('a', 100, 2_000)).toBeUndefined();
  expect(rates.add('a', 1_100, 3_000)).toBe(1_000);
});
