import type { Knex } from 'knex';
import { raw } from 'objection';
import type { AppError } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import type { Leftover } from '../../domain/failover/leftover.ts';
import { OUTCOMES, type OutcomeName } from '../../domain/failover/status.ts';
import { operationSummary, type OperationFacts } from '../../domain/failover/summary.ts';
import { FailoverJob } from '../models/failover-jobs.ts';
import { JobStep } from '../models/job-steps.ts';
import { JobTracking } from '../models/job-tracking.ts';
import { VmReplicationContext } from '../models/vm-replication-contexts.ts';
import { leftoversOf } from './failover-leftovers.ts';
import { noteFailover, setStatus } from './failover-store.ts';

/**
 * How failover_jobs and the VM's row follow the job of a failover in job_tracking. Each function runs in the transaction
 * that moves the job, which holds the job's row, so the rows can never disagree with it.
 */

export type FailoverOutcome =
  { readonly status: 'completed' } | { readonly status: 'failed' | 'cancelled'; readonly error: AppError };

/** At each claim: it runs, maybe again, and shows no failure of an attempt before. */
export async function failoverBegun(trx: Knex.Transaction, jobId: string): Promise<void> {
  await FailoverJob.query(trx)
    .where({ job_id: jobId })
    .patch({ startedAt: raw('coalesce(started_at, now(3))'), errorMessage: null });
}

/** The job waits for another attempt: why, until it is claimed again. */
export async function failoverWaits(trx: Knex.Transaction, jobId: string, error: AppError): Promise<void> {
  await noteFailover(trx, jobId, { errorMessage: lineOf(error) });
}

/** Once: the job ended. The end of one that went well was written with its last step. */
export async function failoverSettled(trx: Knex.Transaction, jobId: string, outcome: FailoverOutcome): Promise<void> {
  const tracked = await JobTracking.query(trx).findById(jobId);
  const row = await FailoverJob.query(trx).findOne({ job_id: jobId });
  if (tracked === undefined || row === undefined) return;
  if (outcome.status !== 'completed') {
    await setStatus(trx, jobId, { status: 'failed' });
    const remaining = await leftoversOf(trx, row);
    await noteFailover(trx, jobId, {
      errorMessage: lineOf(outcome.error),
      remaining: remaining.length === 0 ? null : remaining,
    });
    if (row.vmContextId !== null) await leaveContext(trx, row.vmContextId, outcomeOf(outcome, remaining));
  }
  const operation = row.jobType === 'test' ? 'test_failover' : 'live_failover';
  await summarize(trx, { tracked, row, outcome, operation });
}

function outcomeOf(
  { status, error }: Extract<FailoverOutcome, { error: AppError }>,
  remaining: readonly Leftover[],
): OutcomeName {
  const isUndone = error.code !== 'workflow.undo-incomplete' && remaining.length === 0;
  if (status === 'cancelled') return isUndone ? 'cancelled' : 'cancelled-not-undone';
  return isUndone ? 'failed-undone' : 'failed-not-undone';
}

/** What the table of outcomes says of the VM itself. */
export async function leaveContext(trx: Knex.Transaction, contextId: string, outcome: OutcomeName): Promise<void> {
  const { context } = OUTCOMES[outcome];
  if (context === null) return;
  await VmReplicationContext.query(trx)
    .findById(contextId)
    .whereNot('current_status', context)
    .patch({ currentStatus: context, lastStatusChange: raw('now(3)') });
}

/** What people read of the job that ended, at the VM. */
export async function summarize(
  trx: Knex.Transaction,
  of: {
    readonly tracked: JobTracking;
    readonly row: FailoverJob;
    readonly outcome: FailoverOutcome;
    readonly operation: OperationFacts['operation'];
  },
): Promise<void> {
  const { tracked, row, outcome, operation } = of;
  if (row.vmContextId === null) return;
  const steps = await JobStep.query(trx).select('name', 'status').where('job_id', tracked.id).orderBy('seq');
  const endedAt = tracked.completedAt ?? tracked.updatedAt;
  const facts: OperationFacts = {
    jobId: tracked.id,
    externalJobId: tracked.externalJobId,
    operation,
    status: outcome.status,
    progress: outcome.status === 'completed' ? 100 : row.progressPercent,
    endedAt,
    seconds: Math.max(0, Math.round((endedAt.getTime() - tracked.createdAt.getTime()) / SECOND)),
    steps,
  };
  const error = outcome.status === 'completed' ? undefined : outcome.error;
  await VmReplicationContext.query(trx)
    .findById(row.vmContextId)
    .patch({ lastOperationSummary: operationSummary(facts, error) });
}

const lineOf = (error: AppError): string => `${error.message} (${error.code})`;
