import type { Knex } from 'knex';
import { raw } from 'objection';
import type { AppError } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import { statusAfterDeletion } from '../../domain/deletion.ts';
import { JobTracking } from '../models/job-tracking.ts';
import { ReplicationJob } from '../models/replication-jobs.ts';
import { VmReplicationContext } from '../models/vm-replication-contexts.ts';
import { lockContext } from './context-store.ts';
import { copyFacts, hasUsableCopy } from './usable-copy.ts';

/** How the VM's row follows the deletion of one of its replications. */

export type DeletionOutcome =
  | {
      readonly status: 'completed';
      readonly result: {
        readonly replicationJobId: string;
        readonly volumesDeleted: readonly string[];
        readonly warning: string | null;
      };
    }
  | { readonly status: 'failed' | 'cancelled'; readonly error: AppError };

/**
 * Counters, newest success and status of the VM from the replications, disks and volumes that there are now. Right at
 * every moment of a deletion, and may be repeated.
 */
export async function recountContext(trx: Knex.Transaction, contextId: string, isDone: boolean): Promise<void> {
  const context = await lockContext(trx, contextId);
  if (context === undefined) return;
  const jobs = await ReplicationJob.query(trx)
    .select('id', 'status', 'created_at')
    .where('vm_context_id', contextId)
    .orderBy([{ column: 'created_at' }, { column: 'id' }]);
  const of = (status: string): ReplicationJob[] => jobs.filter((job) => job.status === status);
  // A success whose volumes are gone is history, and nothing to fail over to.
  const { committed } = await copyFacts(trx, contextId);
  const lastSuccessfulJobId = committed === 0 ? null : (of('completed').at(-1)?.id ?? null);
  const status = statusAfterDeletion({
    current: context.currentStatus,
    hasCopy: await hasUsableCopy(trx, contextId),
    isDone,
    newestStatus: jobs.at(-1)?.status ?? null,
    volumes: await countVolumes(trx, contextId),
  });
  await VmReplicationContext.query(trx)
    .findById(contextId)
    .patch({
      totalJobsRun: jobs.length,
      successfulJobs: of('completed').length,
      failedJobs: of('failed').length,
      lastSuccessfulJobId,
      firstJobAt: jobs[0]?.createdAt ?? null,
      lastJobAt: jobs.at(-1)?.createdAt ?? null,
      ...(status === context.currentStatus ? {} : { currentStatus: status, lastStatusChange: raw('now(3)') }),
    });
}

async function countVolumes(trx: Knex.Transaction, contextId: string): Promise<number> {
  const rows = await trx('ossea_volumes').where('vm_context_id', contextId).select<{ id: number }[]>('id');
  return rows.length;
}

/** Once: the deletion ended, however. `jobId` is the job that deletes, not the one that is deleted. */
export async function deletionSettled(trx: Knex.Transaction, jobId: string, outcome: DeletionOutcome): Promise<void> {
  const job = await JobTracking.query(trx).findById(jobId);
  if (job === undefined || job.contextId === null) return;
  await recountContext(trx, job.contextId, outcome.status === 'completed');
  await VmReplicationContext.query(trx)
    .findById(job.contextId)
    .patch({ lastOperationSummary: summaryOf(job, outcome) });
}

/** The same for the deletion of the VM itself: when it ended well there is nothing left to follow it. */
export async function forgettingSettled(
  trx: Knex.Transaction,
  jobId: string,
  outcome: { readonly status: 'completed' } | { readonly status: 'failed' | 'cancelled'; readonly error: AppError },
): Promise<void> {
  if (outcome.status !== 'completed') await deletionSettled(trx, jobId, outcome);
}

function summaryOf(job: JobTracking, outcome: DeletionOutcome): Record<string, unknown> {
  const endedAt = job.completedAt ?? job.updatedAt;
  return {
    job_id: job.id,
    operation_type: 'deletion',
    status: outcome.status,
    timestamp: endedAt.toISOString(),
    duration_seconds: Math.max(0, Math.round((endedAt.getTime() - job.createdAt.getTime()) / SECOND)),
    ...(outcome.status === 'completed' ? done(outcome.result) : broken(outcome)),
  };
}

function done(result: Extract<DeletionOutcome, { status: 'completed' }>['result']): Record<string, unknown> {
  return {
    replication_job_id: result.replicationJobId,
    operations: {
      volumes_deleted: result.volumesDeleted.length > 0,
      database_cleaned: true,
      nbd_exports_removed: true,
    },
    ...(result.warning === null ? {} : { volume_deletion_warning: result.warning }),
  };
}

function broken({ status, error }: Extract<DeletionOutcome, { error: AppError }>): Record<string, unknown> {
  return {
    error_message: error.message,
    error_category: error.code,
    error_severity: status === 'failed' ? 'error' : 'info',
    actionable_steps: error.hint === undefined ? [] : [error.hint],
  };
}
