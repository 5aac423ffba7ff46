import { z } from 'zod';
import { SECOND } from '../../base/units.ts';
import { commitSettled } from '../../db/stores/failover-end-store.ts';
import { defineJob } from '../define-job.ts';

/** A live failover becomes final: its snapshots go, and the VM has moved. */
export const CommitPayload = z.object({
  contextId: z.string().min(1),
  /** failover_jobs.job_id */
  failoverJobId: z.string().min(1),
});
export type CommitPayload = z.output<typeof CommitPayload>;

export const CommitResult = z.object({ failoverJobId: z.string(), snapshotsDeleted: z.int() });
export type CommitResult = z.output<typeof CommitResult>;

export const commitFailover = defineJob({
  name: 'commit-failover',
  queue: 'failover',
  jobType: 'failover',
  jobCategory: 'failover',
  idPrefix: 'failover',
  payload: CommitPayload,
  result: CommitResult,
  maxAttempts: 10,
  stopsWithinMs: 20 * SECOND,
  rows: { settled: commitSettled },
  title: (payload) => `commit of the failover of ${payload.contextId}`,
});
