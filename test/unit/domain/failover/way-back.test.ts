import { expect, test } from '@jest/globals';
import {
  assertMayCleanUpFailed,
  assertMayCommit,
  assertMayRollBack,
  type FailoverEnd,
} from '../../../../src/domain/failover/way-back.ts';
import { thrownBy } from '../../../support/thrown.ts';

const STANDS: FailoverEnd = {
  jobId: 'failover-1',
  jobType: 'live',
  status: 'completed',
  committedAt: null,
  contextStatus: 'failed_over_live',
};
const COMMITTED = { committedAt: new Date(0) };
const CODE = {
  'rolled back': assertMayRollBack,
  'cleaned up': assertMayCleanUpFailed,
  committed: assertMayCommit,
} as const;

test.each<[keyof typeof CODE, string | undefined, Partial<FailoverEnd>]>([
  ['rolled back', undefined, {}],
  ['rolled back', undefined, { jobType: 'test', contextStatus: 'failed_over_test' }],
  ['rolled back', undefined, { status: 'failed', contextStatus: 'cleanup_required' }],
  ['rolled back', 'failover.running', { status: 'reverting' }],
  ['rolled back', 'failover.committed', COMMITTED],
  ['rolled back', 'failover.committed', { contextStatus: 'completed' }],
  ['rolled back', 'failover.not-standing', { contextStatus: 'ready_for_failover' }],
  ['rolled back', 'failover.not-standing', { jobType: 'test' }],
  ['cleaned up', undefined, { status: 'failed', contextStatus: 'cleanup_required' }],
  ['cleaned up', undefined, { status: 'failed', contextStatus: 'ready_for_failover' }],
  ['cleaned up', 'failover.running', { status: 'creating_vm' }],
  ['cleaned up', 'failover.nothing-failed', {}],
  ['committed', undefined, {}],
  ['committed', undefined, COMMITTED],
  ['committed', 'failover.running', { status: 'cleanup' }],
  ['committed', 'failover.committed', { ...COMMITTED, contextStatus: 'completed' }],
  ['committed', 'failover.not-standing', { jobType: 'test', contextStatus: 'failed_over_test' }],
  ['committed', 'failover.not-standing', { status: 'failed', contextStatus: 'cleanup_required' }],
])('a failover is %s, or not (%s): %j', (what, code, change) => {
  const error = thrownBy(() => CODE[what]({ ...STANDS, ...change }));
  if (code === undefined) expect(error).toBeUndefined();
  else expect(error).toMatchObject({ code, kind: 'conflict', hint: expect.stringMatching(/./) });
});
