import { describe, expect, test } from '@jest/globals';
import { spaceLevelOf } from '../../../src/domain/snapshot-space.ts';

const LEVELS = { warnPercent: 20, stopPercent: 10, removePercent: 5 };
const withFree = (freeBytes: number) => ({ capacityBytes: 1000, freeBytes, isAccessible: true });

describe('the free space of a datastore', () => {
  test.each([
    [1000, 'enough'],
    [201, 'enough'],
    [200, 'warn'],
    [101, 'warn'],
    [100, 'stop'],
    [51, 'stop'],
    [50, 'remove'],
    [0, 'remove'],
  ])('%d of 1000 is judged as %s', (freeBytes, level) => {
    expect(spaceLevelOf(withFree(freeBytes), LEVELS)).toBe(level);
  });

  test('that nobody knows is no reason for anything', () => {
    expect(spaceLevelOf({ ...withFree(0), isAccessible: false }, LEVELS)).toBe('unknown');
    expect(spaceLevelOf({ ...withFree(0), capacityBytes: 0 }, LEVELS)).toBe('unknown');
  });
});
