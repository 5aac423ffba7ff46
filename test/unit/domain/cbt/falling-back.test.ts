import { describe, expect, test } from '@jest/globals';
import { DAY } from '../../../../src/base/units.ts';
import { causeInAreas, isAway, isSnapshotGone } from '../../../../src/domain/cbt/cause.ts';
import { comparedWhenDue } from '../../../../src/domain/cbt/comparison.ts';
import { reasonOf } from '../../../../src/domain/cbt/reason.ts';
import type { CopyVerdict } from '../../../../src/domain/cbt/verdict.ts';

const failure = (code: string): { code: string; message: string } => ({ code, message: `it said ${code}` });

describe('areas that cannot be had', () => {
  test.each(['cbt.areas-misplaced', 'cbt.areas-endless'])('are a reason of their own by %s', (code) => {
    expect(causeInAreas(failure(code))).toEqual({ code, text: `it said ${code}` });
  });

  test.each([
    'vma.areas-invalid',
    'vsphere.file-fault',
    'vsphere.invalid-argument',
    'vsphere.not-supported',
    'areas.no-change-id',
  ])('are refused by %s', (code) => {
    expect(causeInAreas(failure(code))).toEqual({
      code: 'cbt.areas-refused',
      text: expect.stringContaining(`it said ${code}`),
    });
  });

  test.each([
    'vma.unreachable',
    'vma.bad-answer',
    'vsphere.unreachable',
    'vsphere.not-authenticated',
    'vsphere.invalid-login',
    'vsphere.unavailable',
    'session.unknown',
    'session.stale-epoch',
    'vsphere.not-found',
    'transfer.cancelled',
    'job.lease-lost',
    'internal',
  ])('may be had again after %s, which says nothing about them', (code) => {
    expect(causeInAreas(failure(code))).toBeUndefined();
  });

  test('say that the snapshot is gone where vSphere finds it no more', () => {
    expect(isSnapshotGone(failure('vsphere.not-found'))).toBe(true);
    expect(isSnapshotGone(failure('vsphere.file-fault'))).toBe(false);
  });
});

test.each([
  ['vma.unreachable', true],
  ['volumes.cut-off', true],
  ['session.unknown', true],
  ['export.stale-epoch', true],
  ['hashes.busy', true],
  ['job.lease-lost', true],
  ['vma.hashes-invalid', false],
  ['transfer.hashes-cut-off', false],
  ['transfer.hashes-differ-in-kind', false],
])('of a comparison that ends with %s it is said that a far side is away: %s', (code, isSo) => {
  expect(isAway(failure(code))).toBe(isSo);
});

describe('a disk that could be copied by its changes', () => {
  const incremental: CopyVerdict = { mode: 'incremental', since: 'a/1', doubt: null };
  const never = { verifiedAgoMs: null, verifyReason: null };

  test('is compared when an earlier cycle was in doubt, whatever is set', () => {
    const doubted = { verifiedAgoMs: 0, verifyReason: 'its files were moved (cbt.moved)' };
    expect(comparedWhenDue(incremental, doubted, 0)).toEqual({
      mode: 'compare',
      reason: { code: 'cbt.doubted', text: expect.stringContaining('its files were moved (cbt.moved)') },
    });
  });

  test.each([
    [0, { ...never }, false],
    [7, { ...never }, true],
    [7, { ...never, verifiedAgoMs: 7 * DAY - 1 }, false],
    [7, { ...never, verifiedAgoMs: 7 * DAY }, true],
  ])('every %s days, when %j: %s', (days, last, isDue) => {
    const verdict = comparedWhenDue(incremental, last, days);
    expect(verdict).toEqual(isDue ? { mode: 'compare', reason: reasonOf('cbt.comparison-due') } : incremental);
  });

  test('is not compared twice, and one that is copied whole not at all', () => {
    const full: CopyVerdict = { mode: 'full', extents: 'whole', reason: reasonOf('cbt.disk-added') };
    expect(comparedWhenDue(full, never, 1)).toBe(full);
  });
});
