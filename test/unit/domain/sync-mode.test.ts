import { describe, expect, test } from '@jest/globals';
import { chooseSync, replicationType } from '../../../src/domain/sync-mode.ts';

const committed = { changeId: '52 aa/7', targetGeneration: 1, committedGeneration: 1, fullReason: null };
const asked = { forceFull: false };

describe('the mode of a disk', () => {
  test('is incremental when changeId, target and generation match', () => {
    expect(chooseSync(committed, asked)).toEqual({ mode: 'incremental', changeId: '52 aa/7' });
  });

  test.each([
    ['nothing was committed yet', { ...committed, changeId: null }, asked],
    ['the volume was replaced or resized', { ...committed, targetGeneration: 2 }, asked],
    ['the generation of the changeId is unknown', { ...committed, committedGeneration: null }, asked],
    ['it was asked for', committed, { forceFull: true }],
  ])('is full when %s, and says why', (_when, disk, request) => {
    expect(chooseSync(disk, request)).toMatchObject({
      mode: 'full',
      code: expect.stringMatching(/^sync\./),
      reason: expect.stringMatching(/./),
    });
  });
});

test('a target that is not what was committed says why, where that was noted', () => {
  const changed = { ...committed, targetGeneration: 2 };
  expect(chooseSync({ ...changed, fullReason: 'it lied' }, asked)).toEqual({
    mode: 'full',
    code: 'sync.target-changed',
    reason: 'it lied',
  });
  expect(chooseSync(changed, asked)).toMatchObject({ mode: 'full', reason: expect.stringContaining('committed on') });
});

test('one full disk makes the whole job initial', () => {
  expect(replicationType(['incremental', 'full'])).toBe('initial');
  expect(replicationType(['incremental', 'incremental'])).toBe('incremental');
});
