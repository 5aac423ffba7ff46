import { expect, test } from '@jest/globals';
import { presentRecentJobs } from '../../../../src/api/present/recent-job.ts';
import type { ReplicationOfContext, TrackedOfContext } from '../../../../src/db/stores/context-job-store.ts';
import { RecentJobs } from '../../../../src/api/schemas/vm-contexts.ts';

const NOW = Date.UTC(2026, 0, 1, 1);
const CREATED = new Date(Date.UTC(2026, 0, 1));
const base = {
  status: 'running',
  errorMessage: null,
  errorCode: null,
  errorHint: null,
  createdAt: CREATED,
  startedAt: CREATED,
  completedAt: null,
};
const replication = (change: Partial<ReplicationOfContext>): ReplicationOfContext => ({
  ...base,
  id: 'job-1',
  progressPercent: 5,
  replicationType: 'initial',
  currentOperation: 'Queued',
  ...change,
});
const tracked = (change: Partial<TrackedOfContext>): TrackedOfContext => ({
  ...base,
  id: 'failover-1',
  externalJobId: null,
  queue: 'failover',
  percentComplete: null,
  failoverType: 'test',
  failoverPercent: null,
  failoverStep: null,
  ...change,
});
const present = (replications: ReplicationOfContext[], others: TrackedOfContext[], steps: [string, string][] = []) => {
  const jobs = presentRecentJobs({ replications, tracked: others, steps: new Map(steps), nowMs: NOW });
  return RecentJobs.parse({ context_id: 'ctx-1', count: jobs.length, jobs }).jobs;
};

test('a job that runs lasts until now, and one that the clock of this process has not reached lasts no time', () => {
  expect(present([replication({})], [])).toMatchObject([{ duration_seconds: 3600 }]);
  const early = replication({ startedAt: new Date(NOW + 5_000) });
  expect(present([early], [])).toMatchObject([{ duration_seconds: 0 }]);
});

test('the step is told where there is one, else what the row says', () => {
  const rows = [replication({ id: 'job-2' }), replication({ id: 'job-1' })];
  expect(present(rows, [tracked({ failoverStep: 'validate' })], [['job-2', 'transfer']])).toMatchObject([
    { job_id: 'job-2', current_step: 'transfer' },
    { job_id: 'job-1', current_step: 'Queued' },
    { job_id: 'failover-1', current_step: 'validate' },
  ]);
});

test.each([
  [{ failoverType: 'test' }, 'test_failover', 0],
  [{ failoverType: 'live', failoverPercent: 25 }, 'live_failover', 25],
  [{ queue: 'rollback', percentComplete: 40 }, 'rollback', 40],
  [{ queue: 'delete-job', status: 'completed', percentComplete: 40 }, 'deletion', 100],
])('a row with %j is a %s at %d percent', (change, job_type, progress) => {
  expect(present([], [tracked(change)])).toMatchObject([{ job_type, progress }]);
});

test('a hint is told in its steps', () => {
  const failed = replication({
    status: 'failed',
    errorCode: 'x.y',
    errorMessage: 'm',
    errorHint: 'do this; then that ;',
  });
  expect(present([failed], [])).toMatchObject([
    { actionable_steps: ['do this', 'then that'], error_category: 'unknown' },
  ]);
});
