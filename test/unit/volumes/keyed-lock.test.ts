import { describe, expect, test } from '@jest/globals';
import { keyedLock } from '../../../src/volumes/keyed-lock.ts';

describe('a lock per volume', () => {
  test('lets one in at a time, in the order of asking, also after a failure', async () => {
    const lock = keyedLock(10_000);
    const seen: string[] = [];
    const step = (name: string, fails = false): Promise<void> =>
      lock.run('v', async () => {
        seen.push(`${name} in`);
        await Promise.resolve();
        seen.push(`${name} out`);
        if (fails) throw new Error(name);
      });
    const ended = await Promise.allSettled([step('a'), step('b', true), step('c')]);
    expect(seen).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
    expect(ended.map((each) => each.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('does not hold up other volumes', async () => {
    const lock = keyedLock(10_000);
    const held = Promise.withResolvers<void>();
    const first = lock.run('a', () => held.promise);
    await expect(lock.run('b', () => Promise.resolve('free'))).resolves.toBe('free');
    held.resolve();
    await first;
  });

  test('gives up after its time, and whoever gave up does not let others past the holder', async () => {
    const lock = keyedLock(10_000);
    const held = Promise.withResolvers<void>();
    const first = lock.run('v', () => held.promise);
    await expect(lock.run('v', () => Promise.resolve(), 1)).rejects.toMatchObject({
      code: 'volume.busy',
      kind: 'busy',
    });
    let third = 'waits';
    const last = lock.run('v', () => Promise.resolve((third = 'in')));
    await Promise.resolve();
    expect(third).toBe('waits');
    held.resolve();
    await Promise.all([first, last]);
    expect(third).toBe('in');
  });
});
