import { z } from 'zod';
import { SECOND } from '../../base/units.ts';
import { rollbackSettled } from '../../db/stores/failover-end-store.ts';
import { Leftover } from '../../domain/failover/leftover.ts';
import { defineJob } from '../define-job.ts';

/** The way back from a failover: its VM goes, its volumes return to the appliance as they were at the last commit. */
export const RollbackPayload = z.object({
  contextId: z.string().min(1),
  /** failover_jobs.job_id */
  failoverJobId: z.string().min(1),
  /** expired: the time of a test, or of a live failover that nobody committed, is over. */
  kind: z.enum(['rollback', 'cleanup', 'cleanup-failed', 'expired']),
  /** Of a live failover only. */
  powerOnSource: z.boolean(),
  /** Goes on past what cannot be undone, and names it. */
  forceCleanup: z.boolean(),
});
export type RollbackPayload = z.output<typeof RollbackPayload>;

export const RollbackResult = z.object({
  failoverJobId: z.string(),
  /** Empty: everything is as it was. */
  remaining: z.array(Leftover),
});
export type RollbackResult = z.output<typeof RollbackResult>;

const WORDS: Readonly<Record<RollbackPayload['kind'], string>> = {
  rollback: 'rollback',
  cleanup: 'clean-up of the test',
  'cleanup-failed': 'clean-up of the failed failover',
  expired: 'rollback at the end of its time',
};

export const rollback = defineJob({
  name: 'rollback',
  queue: 'rollback',
  jobType: 'cleanup',
  jobCategory: 'failover',
  idPrefix: 'rollback',
  payload: RollbackPayload,
  result: RollbackResult,
  maxAttempts: 10,
  stopsWithinMs: 20 * SECOND,
  title: ({ kind, contextId }) => `${WORDS[kind]} of ${contextId}`,
  rows: { settled: rollbackSettled },
});
