import { expect, test } from '@jest/globals';
import { keptFor } from '../../../src/api/away.ts';

test('an answer is kept for a while, shared while it is awaited, and asked for anew after it', async () => {
  let nowMs = 0;
  let asked = 0;
  const clock = { now: () => nowMs, monotonic: () => nowMs };
  const ask = keptFor(1_000, clock, () => Promise.resolve((asked += 1)));

  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  nowMs = 999;
  expect(await ask()).toBe(1);
  nowMs = 1_000;
  expect(await ask()).toBe(2);
});

test('a question that takes longer than its answer is kept is asked once all the same', async () => {
  let nowMs = 0;
  let asked = 0;
  const clock = { now: () => nowMs, monotonic: () => nowMs };
  const slow = Promise.withResolvers<string>();
  const ask = keptFor(1_000, clock, () => ((asked += 1), slow.promise));
  const first = ask();
  nowMs = 5_000;
  const second = ask();
  slow.resolve('late');

  expect([await first, await second, asked]).toEqual(['late', 'late', 1]);
});
