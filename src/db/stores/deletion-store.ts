import type { Knex } from 'knex';
import type { DeletionSubject, ForgettingSubject } from '../../domain/deletion.ts';
import { places, select } from '../sql.ts';
import { lockContext } from './context-store.ts';

/** What the deletion of a replication reads and writes. Each function runs in a transaction of its caller. */

export interface PlannedVolume {
  readonly volumeId: string;
  /** VM that has the volume by our rows, when that is not this appliance. */
  readonly attachedTo: string | null;
}

export interface Deletion extends DeletionSubject {
  readonly contextId: string;
  readonly vmName: string;
  /** Replications of the VM that remain. */
  readonly otherJobs: number;
  /** Every volume of the VM: tied to a disk, or left by a job that died before it tied it. */
  readonly volumes: readonly PlannedVolume[];
}

/** The replication with all that decides about its deletion, its row locked; undefined when it does not exist. */
export async function lockDeletion(trx: Knex.Transaction, jobId: string): Promise<Deletion | undefined> {
  const [job] = await select<{ status: string; vm_context_id: string | null }>(
    trx,
    'SELECT status, vm_context_id FROM replication_jobs WHERE id = ? FOR UPDATE',
    [jobId],
  );
  if (job?.vm_context_id === undefined || job.vm_context_id === null) return undefined;
  const contextId = job.vm_context_id;
  const context = await lockContext(trx, contextId);
  if (context === undefined) return undefined;
  return {
    jobId,
    status: job.status,
    contextId,
    vmName: context.vmName,
    contextStatus: context.currentStatus,
    activeFailoverId: await activeFailover(trx, { jobId, contextId }),
    otherJobs: await countOthers(trx, { jobId, contextId }),
    volumes: await volumesOf(trx, contextId),
  };
}

export interface Forgetting extends ForgettingSubject {
  readonly vmName: string;
  readonly volumes: readonly PlannedVolume[];
}

/** The VM with all that decides about its deletion, its row locked; undefined when it does not exist. */
export async function lockForgetting(trx: Knex.Transaction, contextId: string): Promise<Forgetting | undefined> {
  const context = await lockContext(trx, contextId);
  if (context === undefined) return undefined;
  return {
    contextId,
    vmName: context.vmName,
    contextStatus: context.currentStatus,
    activeFailoverId: await activeFailover(trx, { jobId: null, contextId }),
    volumes: await volumesOf(trx, contextId),
  };
}

/** Newest replication of the VM that a worker ever had, with the number of its last claim. */
export async function newestClaim(
  trx: Knex.Transaction,
  contextId: string,
): Promise<{ readonly jobId: string; readonly epoch: number } | undefined> {
  const [row] = await select<{ id: string; lease_epoch: number | string }>(
    trx,
    `SELECT job.id, job.lease_epoch FROM replication_jobs replication JOIN job_tracking job ON job.id = replication.id
      WHERE replication.vm_context_id = ? AND job.lease_epoch > 0
      ORDER BY replication.created_at DESC, replication.id DESC LIMIT 1`,
    [contextId],
  );
  return row === undefined ? undefined : { jobId: row.id, epoch: Number(row.lease_epoch) };
}

/** Which of these jobs are replications of the VM. */
export async function replicationsAmong(
  trx: Knex.Transaction,
  contextId: string,
  jobIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (jobIds.length === 0) return new Set();
  const rows = await select<{ id: string }>(
    trx,
    `SELECT id FROM replication_jobs WHERE vm_context_id = ? AND id IN (${places(jobIds)})`,
    [contextId, ...jobIds],
  );
  return new Set(rows.map(({ id }) => id));
}

/**
 * Forgets the VM: every row about it goes by its foreign keys; its jobs in the ledger stay as the record of what was
 * done. May be repeated.
 */
export async function removeContext(trx: Knex.Transaction, contextId: string): Promise<void> {
  await trx('vm_replication_contexts').where('context_id', contextId).delete();
}

interface Place {
  readonly jobId: string;
  readonly contextId: string;
}

/** A status that this version does not know counts as active: nobody may lose volumes because of a new word. */
async function activeFailover(
  trx: Knex.Transaction,
  { jobId, contextId }: { readonly jobId: string | null; readonly contextId: string },
): Promise<string | null> {
  const [row] = await select<{ job_id: string }>(
    trx,
    `SELECT job_id FROM failover_jobs
      WHERE (vm_context_id = ? OR replication_job_id = ?) AND status NOT IN ('completed', 'failed', 'cancelled')
      ORDER BY id DESC LIMIT 1`,
    [contextId, jobId],
  );
  return row?.job_id ?? null;
}

async function countOthers(trx: Knex.Transaction, { jobId, contextId }: Place): Promise<number> {
  const [row] = await select<{ jobs: number | string }>(
    trx,
    'SELECT COUNT(*) AS jobs FROM replication_jobs WHERE vm_context_id = ? AND id <> ?',
    [contextId, jobId],
  );
  return Number(row?.jobs ?? 0);
}

async function volumesOf(trx: Knex.Transaction, contextId: string): Promise<PlannedVolume[]> {
  return select<PlannedVolume>(
    trx,
    `SELECT v.volume_id AS volumeId, CASE WHEN m.operation_mode <> 'oma' THEN m.vm_id END AS attachedTo
       FROM ossea_volumes v LEFT JOIN device_mappings m ON m.volume_uuid = v.volume_id
      WHERE v.vm_context_id = ? OR v.id IN (SELECT d.ossea_volume_id FROM vm_disks d WHERE d.vm_context_id = ?)
      ORDER BY v.volume_id`,
    [contextId, contextId],
  );
}

/**
 * Before the first volume of the VM is deleted: no changeId claims anything any more, so that nobody builds on volumes
 * of which some are gone, whatever becomes of the deletion. May be repeated.
 */
export async function forgetCopies(trx: Knex.Transaction, contextId: string): Promise<void> {
  const disks = trx('vm_disks').where('vm_context_id', contextId);
  await trx('disk_checkpoints').whereIn('vm_disk_id', disks.clone().select('id')).delete();
  const nothing = { disk_change_id: null, committed_generation: null, commit_job_id: null, verified_at: null };
  await disks.clone().update({ ...nothing, sync_status: 'pending' });
  await trx('vm_replication_contexts').where('context_id', contextId).update({ commit_job_id: null });
}

/**
 * Removes the replication. Its disks go to the newest replication that remains, with what their changeIds claim: that
 * is on the volumes, whoever copied it. Without another replication the disks go with it. cbt_history of the
 * replication goes by its foreign key; failovers that used it forget it. The job's row in the ledger stays: it is the
 * record of what was done, and operations on volumes belong to it. May be repeated.
 * @returns the replication that has the disks now
 */
export async function removeReplication(
  trx: Knex.Transaction,
  { jobId, contextId }: Place,
): Promise<{ readonly repointedTo: string | null }> {
  await lockContext(trx, contextId);
  const [heir] = await select<{ id: string }>(
    trx,
    `SELECT id FROM replication_jobs WHERE vm_context_id = ? AND id <> ? ORDER BY created_at DESC, id DESC LIMIT 1`,
    [contextId, jobId],
  );
  if (heir !== undefined) await trx('vm_disks').where('job_id', jobId).update({ job_id: heir.id });
  await trx('replication_jobs').where('id', jobId).delete();
  return { repointedTo: heir?.id ?? null };
}
