import type { Knex } from 'knex';
import { AppError, notFound, precondition } from '../../base/errors.ts';
import { assertMayReplicate, replicationQueue } from '../../domain/accept-replication.ts';
import type { ContextStatus } from '../../domain/context-status.ts';
import type { SourceVm } from '../../domain/source-vm.ts';
import { select } from '../sql.ts';
import { updateInventory } from './context-store.ts';
import { assignDisks, reassignDisks } from './disk-store.ts';
import { HAS_CHANGE_ID } from './known-vm-store.ts';

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
  const candidate = await lockCandidate(trx, accepted.contextId);
  if (candidate === undefined) throw contextUnknown(accepted.contextId);
  const { context_id: contextId, now } = candidate;
  assertMayReplicate({ contextId, status: candidate.current_status });

  if (replicationQueue({ hasChangeId: candidate.has_change_id === 1 }) !== accepted.queue) {
    throw new AppError('conflict', [QUEUE_CHANGED, 'the VM was replicated meanwhile']);
  }
  await trx('replication_jobs').insert(jobRow(jobId, candidate, accepted));

  const target = { jobId, contextId };
  if (accepted.vm !== undefined && accepted.vm.disks.length > 0)
    await assignDisks(trx, target, { vm: accepted.vm, isNews: accepted.isNews });
  else if ((await reassignDisks(trx, target)) === 0) throw noDisks(contextId);

  if (accepted.vm !== undefined && accepted.isNews) await updateInventory(trx, contextId, accepted.vm);
  await occupy(trx, { jobId, candidate, osseaConfigId: accepted.osseaConfigId });
  return now;
}

/** The VM as this transaction holds it. */
interface Candidate {
  readonly context_id: string;
  readonly vm_name: string;
  readonly vmware_vm_id: string;
  readonly vm_path: string;
  readonly vcenter_host: string;
  readonly datacenter: string;
  readonly current_status: ContextStatus;
  readonly first_job_at: Date | null;
  /** By the clock of the database, as all times of jobs are. */
  readonly now: Date;
  /** Replications that it had. */
  readonly jobs: number;
  readonly has_change_id: number;
}

/** Locks the VM. One statement for all that is needed of it: a busy API lives on few round trips. */
async function lockCandidate(trx: Knex.Transaction, contextId: string): Promise<Candidate | undefined> {
  const [row] = await select<Candidate>(
    trx,
    `SELECT context_id, vm_name, vmware_vm_id, vm_path, vcenter_host, datacenter, current_status, first_job_at,
            NOW(3) AS now, ${HAS_CHANGE_ID} AS has_change_id,
            (SELECT COUNT(*) FROM replication_jobs job WHERE job.vm_context_id = context.context_id) AS jobs
       FROM vm_replication_contexts context WHERE context_id = ? FOR UPDATE`,
    [contextId],
  );
  return row;
}

function jobRow(id: string, candidate: Candidate, accepted: AcceptedReplication): Record<string, unknown> {
  return {
    id,
    vm_context_id: candidate.context_id,
    source_vm_id: candidate.vmware_vm_id,
    source_vm_name: candidate.vm_name,
    source_vm_path: candidate.vm_path,
    vcenter_host: candidate.vcenter_host,
    datacenter: candidate.datacenter,
    // What to expect; what happened is known when it has ended.
    replication_type: accepted.queue === 'sync-cbt' ? 'incremental' : 'initial',
    target_network: accepted.targetNetwork,
    status: 'pending',
    current_operation: 'Queued',
    ossea_config_id: accepted.osseaConfigId,
    created_at: candidate.now,
    updated_at: candidate.now,
  };
}

interface Occupation {
  readonly jobId: string;
  readonly candidate: Candidate;
  readonly osseaConfigId: number;
}

async function occupy(trx: Knex.Transaction, { jobId, candidate, osseaConfigId }: Occupation): Promise<void> {
  const { context_id: contextId, now, jobs } = candidate;
  const summary = {
    job_id: jobId,
    operation_type: 'replication',
    status: 'pending',
    progress: 0,
    timestamp: now.toISOString(),
  };
  await trx('vm_replication_contexts')
    .where({ context_id: contextId })
    .update({
      current_job_id: jobId,
      current_status: 'replicating',
      last_status_change: now,
      first_job_at: candidate.first_job_at ?? now,
      last_job_at: now,
      total_jobs_run: Number(jobs) + 1,
      ossea_config_id: osseaConfigId,
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
