import { describe, expect, test } from '@jest/globals';
import type { Failover } from '../../../../src/cli/client/failover-answers.ts';
import { nowOf } from '../../../../src/cli/view/failover.ts';

const failover = (changes: Partial<Failover>): Failover => ({
  job_id: 'failover-20261123-115246.568-52225d',
  vm_name: 'web-1',
  failover_type: 'test',
  status: 'completed',
  progress: 100,
  current_step: 'status-update',
  destination_vm_id: 'b45025d6-0595-8b7b-aa0e-e7cfdebe74b8',
  error_message: null,
  loss_seconds: null,
  boot_verdict: null,
  remaining: [],
  test_expires_at: null,
  auto_cleanup: false,
  commit_due_at: null,
  committed_at: null,
  rollback_status: null,
  created_at: '2026-11-23T11:52:46.571Z',
  ...changes,
});

const AT = '2026-11-23T13:52:56.259Z';

describe('what follows a failover', () => {
  test.each([
    [
      'a test that is to go back when its time is over',
      { test_expires_at: AT, auto_cleanup: true },
      /^goes back by itself /,
    ],
    ['a test whose time ends nothing', { test_expires_at: AT }, /^stands$/],
    ['a live one', { failover_type: 'live' }, /^stands$/],
    ['one that is to be committed', { commit_due_at: AT, commit_policy: 'commit' }, /^commits by itself /],
    [
      'one that was to be committed, and has not booted',
      { failover_type: 'live', commit_policy: 'commit', boot_verdict: { verdict: 'not-booted' } },
      /^stands, not committed by itself$/,
    ],
    ['one that is to go back', { commit_due_at: AT, commit_policy: 'rollback' }, /^goes back by itself /],
    ['one that left something', { remaining: [{}], status: 'failed' }, /^1 left to clean up$/],
  ])('%s is told', (_, changes, said) => {
    expect(nowOf(failover(changes))).toMatch(said);
  });
});
