import type { Knex } from 'knex';
import { AppError, notFound, precondition } from '../../base/errors.ts';
import { invariant } from '../../base/invariant.ts';
import { assertMayReplicate, replicationQueue } from '../../domain/accept-replication.ts';
import type { SourceVm } from '../../domain/source-vm.ts';
import { lockContext, updateInventory, type ContextRecord } from './context-store.ts';
import { assignDisks, listDisks, reassignDisks } from './disk-store.ts';

/** The rows of the domain that a replication begins with: written in the transaction that makes its job, or not at all. */

export interface AcceptedReplication {
  readonly contextId: string;
  /** As chosen before the transaction; it must still be right inside it. */
  readonly queue: 'replicate' | 'sync-cbt';
  readonly osseaConfigId: number;
  readonly targetNetwork: string | null;
  /** What the source says; without it, the disks are those that the VM had last time. */
  readonly vm: SourceVm | undefined;
  /** Whether the request brought `vm`, and it is to be remembered. */
  readonly isNews: boolean;
}

/** Another replication ended since the queue was chosen: choose again. Never leaves the API. */
const QUEUE_CHANGED = 'replication.queue-changed';

export const isQueueChanged = (thrown: unknown): boolean => thrown instanceof AppError && thrown.code === QUEUE_CHANGED;

/**
 * Writes replication_jobs, vm_disks and the VM's own row, and returns when that was.
 * The row of the job in job_tracking, which holds the VM (I9), must have been inserted before.
 * @throws conflict `replication.not-allowed`; notFound `context.unknown`; precondition `replication.no-disks`
 */
export async function insertReplication(
  trx: Knex.Transaction,
  jobId: string,
  accepted: AcceptedReplication,
): Promise<Date> {
  const context = await lockContext(trx, accepted.contextId);
  if (context === undefined) throw contextUnknown(accepted.contextId);
  assertMayReplicate({ contextId: context.contextId, status: context.currentStatus });

  const disks = await listDisks(trx, { vm_context_id: context.contextId });
  if (replicationQueue(disks.map((disk) => disk.diskChangeId)) !== accepted.queue) {
    throw new AppError('conflict', [QUEUE_CHANGED, 'the VM was replicated meanwhile']);
  }
  await trx('replication_jobs').insert({ ...jobRow(context, accepted), id: jobId });
  const now = await createdAt(trx, jobId);

  const target = { jobId, contextId: context.contextId };
  if (accepted.vm !== undefined && accepted.vm.disks.length > 0) await assignDisks(trx, target, accepted.vm);
  else if (disks.length > 0) await reassignDisks(trx, target);
  else throw noDisks(context.contextId);

  if (accepted.vm !== undefined && accepted.isNews) await updateInventory(trx, context.contextId, accepted.vm);
  await occupy(trx, { jobId, contextId: context.contextId, now, osseaConfigId: accepted.osseaConfigId });
  return now;
}

/** By the clock of the database, as all times of jobs are. */
async function createdAt(trx: Knex.Transaction, jobId: string): Promise<Date> {
  const rows = await trx('replication_jobs').where('id', jobId).select<{ createdAt: Date }[]>({ createdAt: 'created_at' });
  invariant(rows[0] !== undefined, 'a row that was just inserted is gone');
  return rows[0].createdAt;
}

function jobRow(context: ContextRecord, accepted: AcceptedReplication): Record<string, string | number | null> {
  return {
    vm_context_id: context.contextId,
    source_vm_id: context.vmwareVmId,
    source_vm_name: context.vmName,
    source_vm_path: context.vmPath,
    vcenter_host: context.vcenterHost,
    datacenter: context.datacenter,
    // What to expect; what happened is known when it has ended.
    replication_type: accepted.queue === 'sync-cbt' ? 'incremental' : 'initial',
    target_network: accepted.targetNetwork,
    status: 'pending',
    current_operation: 'Queued',
    ossea_config_id: accepted.osseaConfigId,
  };
}

interface Occupation {
  readonly jobId: string;
  readonly contextId: string;
  readonly now: Date;
  readonly osseaConfigId: number;
}

async function occupy(trx: Knex.Transaction, by: Occupation): Promise<void> {
  const summary = {
    job_id: by.jobId,
    operation_type: 'replication',
    status: 'pending',
    progress: 0,
    timestamp: by.now.toISOString(),
  };
  await trx('vm_replication_contexts')
    .where('context_id', by.contextId)
    .update({
      current_job_id: by.jobId,
      current_status: 'replicating',
      last_status_change: by.now,
      first_job_at: trx.raw('coalesce(first_job_at, ?)', [by.now]),
      last_job_at: by.now,
      total_jobs_run: trx('replication_jobs').where('vm_context_id', by.contextId).count('*'),
      ossea_config_id: by.osseaConfigId,
      last_operation_summary: JSON.stringify(summary),
    });
}

export const contextUnknown = (contextId: string): AppError =>
  notFound('context.unknown', `there is no VM context ${contextId}`, {
    details: { contextId },
    hint: 'GET /api/v1/vm-contexts lists the VMs that are known',
  });

export const noDisks = (contextId: string): AppError =>
  precondition('replication.no-disks', 'no disk of this VM is known', {
    details: { contextId, errors: [{ path: 'source_vm.disks', message: 'at least one disk is needed' }] },
    hint: 'send source_vm with its disks, or let discovery find them first',
  });
