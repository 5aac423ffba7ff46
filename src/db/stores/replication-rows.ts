import type { Knex } from 'knex';
import type { AppError } from '../../base/errors.ts';
import { statusAfterReplication } from '../../domain/accept-replication.ts';

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

/** At each claim: the job runs, maybe again. */
export async function replicationBegun(trx: Knex.Transaction, jobId: string): Promise<void> {
  await trx('replication_jobs')
    .where('id', jobId)
    .whereIn('status', OPEN)
    .update({ status: 'running', started_at: trx.raw('coalesce(started_at, now(3))') });
}

/** Once: the job ended. A row that is terminal already stays as it is (I5). */
export async function replicationSettled(
  trx: Knex.Transaction,
  jobId: string,
  outcome: ReplicationOutcome,
): Promise<void> {
  const changed = await trx('replication_jobs').where('id', jobId).whereIn('status', OPEN).update(endOf(trx, outcome));
  if (changed === 0) return;
  if (outcome.status !== 'completed') {
    // The commit step has the only word on disks that are completed: their changeId is stored.
    await trx('vm_disks')
      .where('job_id', jobId)
      .whereNot('sync_status', 'completed')
      .update({ sync_status: outcome.status === 'failed' ? 'failed' : 'pending' });
  }
  await releaseContext(trx, jobId, outcome);
}

function endOf(trx: Knex.Transaction, outcome: ReplicationOutcome): Record<string, unknown> {
  const ended = { status: outcome.status, completed_at: trx.raw('now(3)'), vma_eta_seconds: 0 };
  if (outcome.status === 'completed') {
    return {
      ...ended,
      replication_type: outcome.result.type,
      bytes_transferred: outcome.result.bytesTransferred,
      progress_percent: 100,
      vma_progress_percent: 100,
      setup_progress_percent: 100,
      current_operation: 'Completed',
      error_message: null,
      error_code: null,
      error_hint: null,
    };
  }
  const { error } = outcome;
  return {
    ...ended,
    current_operation: outcome.status === 'failed' ? 'Error' : 'Cancelled',
    error_message: error.message,
    error_code: error.code.slice(0, 100),
    error_hint: error.hint ?? null,
    vma_error_classification: error.code.slice(0, 50),
    vma_error_details: error.message,
  };
}

/** Counters are recomputed from all jobs, so they are right whatever happened before. */
async function releaseContext(trx: Knex.Transaction, jobId: string, outcome: ReplicationOutcome): Promise<void> {
  const job = await jobFacts(trx, jobId);
  if (job === undefined) return;
  const { contextId } = job;
  const [{ currentStatus } = { currentStatus: '' }] = await trx('vm_replication_contexts')
    .where('context_id', contextId)
    .forUpdate()
    .select<{ currentStatus: string }[]>({ currentStatus: 'current_status' });
  const counts = await jobCounts(trx, contextId);
  const status = statusAfterReplication(outcome.status, counts.successful > 0);
  // A job of another job leaves the VM to its parent. Nor is a VM that needs a person's hand called well here.
  const isOurs =
    !job.isChild && !['failed_over_test', 'failed_over_live', 'completed', 'cleanup_required'].includes(currentStatus);
  await trx('vm_replication_contexts')
    .where('context_id', contextId)
    .update({
      total_jobs_run: counts.total,
      successful_jobs: counts.successful,
      failed_jobs: counts.failed,
      last_operation_summary: JSON.stringify(summaryOf(jobId, job, outcome)),
      ...(outcome.status === 'completed' ? { last_successful_job_id: jobId } : {}),
      ...(isOurs && currentStatus !== status ? { current_status: status, last_status_change: trx.raw('now(3)') } : {}),
    });
  if (job.isChild) return;
  await trx('vm_replication_contexts')
    .where({ context_id: contextId, current_job_id: jobId })
    .update({ current_job_id: null });
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
  interface Row {
    contextId: string | null;
    parent: string | null;
    endedAt: Date;
    createdAt: Date;
    progress: string | number;
  }
  const [row] = await trx('replication_jobs')
    .join('job_tracking', 'job_tracking.id', 'replication_jobs.id')
    .where('replication_jobs.id', jobId)
    .select<Row[]>({
      contextId: 'replication_jobs.vm_context_id',
      parent: 'job_tracking.parent_job_id',
      endedAt: 'replication_jobs.completed_at',
      createdAt: 'replication_jobs.created_at',
      progress: 'replication_jobs.progress_percent',
    });
  if (row?.contextId == null) return undefined;
  const steps = await trx('job_steps')
    .where('job_id', jobId)
    .orderBy('seq')
    .select<{ name: string; status: string }[]>('name', 'status');
  return {
    contextId: row.contextId,
    isChild: row.parent !== null,
    endedAt: row.endedAt,
    seconds: Math.max(0, Math.round((row.endedAt.getTime() - row.createdAt.getTime()) / 1000)),
    progress: Number(row.progress),
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
  const rows = await trx('replication_jobs')
    .where('vm_context_id', contextId)
    .groupBy('status')
    .select('status')
    .count<{ status: string; jobs: number | string }[]>({ jobs: '*' });
  const of = (status: string): number => Number(rows.find((row) => row.status === status)?.jobs ?? 0);
  const total = rows.reduce((sum, row) => sum + Number(row.jobs), 0);
  return { total, successful: of('completed'), failed: of('failed') };
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
