import type { Knex } from 'knex';
import { raw, type PartialModelObject } from 'objection';
import type { AppError } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import { statusAfterReplication } from '../../domain/accept-replication.ts';
import { JobStep } from '../models/job-steps.ts';
import { JobTracking } from '../models/job-tracking.ts';
import { ReplicationJob } from '../models/replication-jobs.ts';
import { VmDisk } from '../models/vm-disks.ts';
import { VmReplicationContext } from '../models/vm-replication-contexts.ts';
import { lockContext } from './context-store.ts';
import { hasUsableCopy } from './usable-copy.ts';

/**
 * How replication_jobs, vm_disks and the VM's row follow their job in job_tracking. Each function runs in the
 * transaction that moves the job, which holds the job's row, so the rows can never disagree with it.
 */

export type ReplicationOutcome =
  | {
      readonly status: 'completed';
      readonly result: { readonly type: 'initial' | 'incremental'; readonly bytesTransferred: number };
    }
  | { readonly status: 'failed' | 'cancelled'; readonly error: AppError };

const OPEN = ['pending', 'running'];

/** At each claim: the job runs, maybe again, and shows no failure of an attempt before. */
export async function replicationBegun(trx: Knex.Transaction, jobId: string): Promise<void> {
  await ReplicationJob.query(trx)
    .findById(jobId)
    .whereIn('status', OPEN)
    .patch({
      status: 'running',
      startedAt: raw('coalesce(started_at, now(3))'),
      currentOperation: raw("if(current_operation like ?, 'Running', current_operation)", [`${WAITING}%`]),
      errorMessage: null,
      errorCode: null,
      errorHint: null,
    });
}

/** The job waits for another attempt: why, until it is claimed again. */
export async function replicationWaits(trx: Knex.Transaction, jobId: string, error: AppError): Promise<void> {
  await ReplicationJob.query(trx)
    .findById(jobId)
    .whereIn('status', OPEN)
    .patch({ currentOperation: waitingFor(whatFor(error)), ...errorColumns(error) });
}

/** A child of the job waits for another attempt: people who watch the replication see which, and why. */
export async function replicationChildWaits(
  trx: Knex.Transaction,
  jobId: string,
  child: { readonly title: string; readonly error: AppError },
): Promise<void> {
  await ReplicationJob.query(trx)
    .findById(jobId)
    .whereIn('status', OPEN)
    .patch({
      currentOperation: waitingFor(`${child.title}: ${child.error.message}`),
      ...errorColumns(child.error),
    });
}

const WAITING = 'Waiting for: ';
/** Width of replication_jobs.current_operation. */
const OPERATION_CHARACTERS_MAX = 191;
/** An error that says itself what is waited for, or what went wrong and is tried again. */
const whatFor = ({ message }: AppError): string =>
  message.startsWith('waits for ') ? message.slice('waits for '.length) : `another attempt after ${message}`;
const waitingFor = (what: string): string => (WAITING + what).slice(0, OPERATION_CHARACTERS_MAX);

const errorColumns = (error: AppError): PartialModelObject<ReplicationJob> => ({
  errorMessage: error.message,
  errorCode: error.code.slice(0, 100),
  errorHint: error.hint ?? null,
});

/** Once: the job ended. A row that is terminal already stays as it is (I5). */
export async function replicationSettled(
  trx: Knex.Transaction,
  jobId: string,
  outcome: ReplicationOutcome,
): Promise<void> {
  const changed = await ReplicationJob.query(trx).findById(jobId).whereIn('status', OPEN).patch(endOf(outcome));
  if (changed === 0) return;
  if (outcome.status !== 'completed') {
    // The commit step has the only word on disks that are completed: their changeId is stored.
    await VmDisk.query(trx)
      .where('job_id', jobId)
      .whereNot('sync_status', 'completed')
      .patch({ syncStatus: outcome.status === 'failed' ? 'failed' : 'pending' });
  }
  await releaseContext(trx, jobId, outcome);
}

function endOf(outcome: ReplicationOutcome): PartialModelObject<ReplicationJob> {
  const ended = { status: outcome.status, completedAt: raw('now(3)'), vmaEtaSeconds: 0 };
  if (outcome.status === 'completed') {
    return {
      ...ended,
      replicationType: outcome.result.type,
      bytesTransferred: outcome.result.bytesTransferred,
      progressPercent: 100,
      vmaProgressPercent: 100,
      setupProgressPercent: 100,
      currentOperation: 'Completed',
      errorMessage: null,
      errorCode: null,
      errorHint: null,
    };
  }
  const { error } = outcome;
  return {
    ...ended,
    currentOperation: outcome.status === 'failed' ? 'Error' : 'Cancelled',
    ...errorColumns(error),
    vmaErrorClassification: error.code.slice(0, 50),
    vmaErrorDetails: error.message,
  };
}

/** Held by an operation that follows a replication: its word stands. */
const NOT_OURS = ['failed_over_test', 'failed_over_live', 'completed', 'cleanup_required'];

/** Counters are recomputed from all jobs, so they are right whatever happened before. */
async function releaseContext(trx: Knex.Transaction, jobId: string, outcome: ReplicationOutcome): Promise<void> {
  const job = await jobFacts(trx, jobId);
  if (job === undefined) return;
  const context = await lockContext(trx, job.contextId);
  if (context === undefined) return;
  const counts = await jobCounts(trx, job.contextId);
  const status = statusAfterReplication(outcome.status, await hasUsableCopy(trx, job.contextId));
  const changesStatus = !job.isChild && context.currentStatus !== status && !NOT_OURS.includes(context.currentStatus);
  await VmReplicationContext.query(trx)
    .findById(job.contextId)
    .patch({
      totalJobsRun: counts.total,
      successfulJobs: counts.successful,
      failedJobs: counts.failed,
      lastOperationSummary: summaryOf(jobId, job, outcome),
      ...(outcome.status === 'completed' ? { lastSuccessfulJobId: jobId } : {}),
      ...(changesStatus ? { currentStatus: status, lastStatusChange: raw('now(3)') } : {}),
      // The child of another job never was the VM's current job.
      ...(context.currentJobId === jobId ? { currentJobId: null } : {}),
    });
}

interface JobFacts {
  readonly contextId: string;
  readonly isChild: boolean;
  readonly endedAt: Date;
  readonly seconds: number;
  readonly progress: number;
  readonly steps: { readonly done: number; readonly total: number; readonly failed: string | null };
}

async function jobFacts(trx: Knex.Transaction, jobId: string): Promise<JobFacts | undefined> {
  const job = await ReplicationJob.query(trx).findById(jobId);
  const tracked = await JobTracking.query(trx).select('parent_job_id').findById(jobId);
  if (job?.vmContextId === null || job === undefined || tracked === undefined) return undefined;
  const steps = await JobStep.query(trx).select('name', 'status').where('job_id', jobId).orderBy('seq');
  const endedAt = job.completedAt ?? job.updatedAt;
  return {
    contextId: job.vmContextId,
    isChild: tracked.parentJobId !== null,
    endedAt,
    seconds: Math.max(0, Math.round((endedAt.getTime() - job.createdAt.getTime()) / SECOND)),
    progress: job.progressPercent,
    steps: {
      done: steps.filter((step) => step.status === 'completed').length,
      total: steps.length,
      failed: steps.findLast((step) => step.status === 'failed')?.name ?? null,
    },
  };
}

async function jobCounts(
  trx: Knex.Transaction,
  contextId: string,
): Promise<{ total: number; successful: number; failed: number }> {
  const of = ReplicationJob.query(trx).where('vm_context_id', contextId);
  const total = await of.clone().resultSize();
  const successful = await of.clone().where('status', 'completed').resultSize();
  const failed = await of.clone().where('status', 'failed').resultSize();
  return { total, successful, failed };
}

function summaryOf(jobId: string, job: JobFacts, outcome: ReplicationOutcome): Record<string, unknown> {
  return {
    job_id: jobId,
    operation_type: 'replication',
    status: outcome.status,
    progress: job.progress,
    timestamp: job.endedAt.toISOString(),
    duration_seconds: job.seconds,
    steps_completed: job.steps.done,
    steps_total: job.steps.total,
    ...(outcome.status === 'completed'
      ? {}
      : {
          failed_step: job.steps.failed,
          error_message: outcome.error.message,
          error_category: outcome.error.code,
          error_severity: outcome.status === 'failed' ? 'error' : 'info',
          actionable_steps: outcome.error.hint === undefined ? [] : [outcome.error.hint],
        }),
  };
}
