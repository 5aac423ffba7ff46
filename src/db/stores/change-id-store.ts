import type { Knex } from 'knex';
import { select } from '../sql.ts';

/** changeIds of single disks, for movers that are not our workers. The cycles of our own commit in cycle-store.ts. */

export interface DiskChange {
  readonly vmDiskId: number;
  readonly diskId: string;
  /** Of the last commit. */
  readonly changeId: string | null;
  /** CloudStack uuid of the target; null while there is none. */
  readonly volumeId: string | null;
  /** The target is the one, in the generation, that changeId was committed on. */
  readonly isCurrent: boolean;
}

interface Row extends Omit<DiskChange, 'isCurrent'> {
  readonly isCurrent: number;
}

const DISKS = `SELECT d.id AS vmDiskId, d.disk_id AS diskId, d.disk_change_id AS changeId, v.volume_id AS volumeId,
  d.committed_generation <=> d.target_generation AS isCurrent
  FROM vm_disks d LEFT JOIN ossea_volumes v ON v.id = d.ossea_volume_id`;

const toDisk = (row: Row): DiskChange => ({ ...row, isCurrent: row.isCurrent === 1 });

/** Disks of a VM in the order of their ids: disk-2000 before disk-2001. */
export async function diskChanges(db: Knex, contextId: string): Promise<DiskChange[]> {
  return (await select<Row>(db, `${DISKS} WHERE d.vm_context_id = ? ORDER BY d.disk_id`, [contextId])).map(toDisk);
}

/** The disk of this job, its row locked. */
export async function lockDiskOfJob(
  trx: Knex.Transaction,
  of: { readonly jobId: string; readonly diskId: string },
): Promise<DiskChange | undefined> {
  const where = 'WHERE d.job_id = ? AND d.disk_id = ? FOR UPDATE';
  return (await select<Row>(trx, `${DISKS} ${where}`, [of.jobId, of.diskId])).map(toDisk)[0];
}

/** VMs with this inventory path: more than one where two vCenters have it. */
export async function contextsByPath(
  db: Knex,
  of: { readonly vmPath: string; readonly vcenterHost: string | undefined },
): Promise<{ readonly contextId: string; readonly vcenterHost: string }[]> {
  const query = db('vm_replication_contexts').where('vm_path', of.vmPath).orderBy('vcenter_host').limit(100);
  if (of.vcenterHost !== undefined) void query.where('vcenter_host', of.vcenterHost);
  return query.select<{ contextId: string; vcenterHost: string }[]>({
    contextId: 'context_id',
    vcenterHost: 'vcenter_host',
  });
}

/** Whether this job opened, or is about to open, a source session: then its own worker copies the disks. */
export async function copiesItself(trx: Knex.Transaction, jobId: string): Promise<boolean> {
  const rows = await select<{ name: string }>(
    trx,
    "SELECT name FROM job_steps WHERE job_id = ? AND name IN ('open-source', 'transfer', 'commit') AND status <> 'skipped' LIMIT 1",
    [jobId],
  );
  return rows.length > 0;
}

/** Whether the volume may still be written through an export. */
export async function isExported(trx: Knex.Transaction, volumeId: string): Promise<boolean> {
  const rows = await select<{ id: string }>(trx, 'SELECT id FROM nbd_exports WHERE volume_id = ? LIMIT 1', [volumeId]);
  return rows.length > 0;
}

export interface ForeignCommit {
  readonly jobId: string;
  readonly disk: DiskChange;
  readonly changeId: string;
  /** The state that changes were copied onto; null when the whole disk was copied. */
  readonly previousChangeId: string | null;
}

/**
 * The commit of one disk that somebody else copied: the changeId with the generation of the target that it is true of,
 * and the mark of a begun cycle gone; what a checkpoint of ours would resume is over. One row of history per job and
 * disk, as our own cycles have. The caller holds the job and the disk.
 */
export async function commitForeign(trx: Knex.Transaction, commit: ForeignCommit): Promise<void> {
  const { jobId, disk, changeId, previousChangeId } = commit;
  const isDelta = previousChangeId !== null;
  await trx('vm_disks')
    .where('id', disk.vmDiskId)
    .update({
      disk_change_id: changeId,
      committed_generation: trx.ref('target_generation'),
      dirty_since: null,
      // Nobody told which disk the mover had read.
      commit_job_id: jobId,
      commit_backing_uuid: null,
      commit_object_id: null,
      sync_status: 'completed',
      sync_progress_percent: 100,
      last_sync_mode: isDelta ? 'incremental' : 'full',
      last_full_reason: isDelta ? null : 'an external mover copied the whole disk',
    });
  await trx('disk_checkpoints').where('vm_disk_id', disk.vmDiskId).delete();
  await trx('cbt_history').where({ job_id: jobId, disk_id: disk.diskId }).delete();
  await trx('cbt_history').insert({
    job_id: jobId,
    vm_context_id: trx('vm_disks').where('id', disk.vmDiskId).select('vm_context_id'),
    disk_id: disk.diskId,
    change_id: changeId,
    previous_change_id: previousChangeId ?? disk.changeId,
    sync_type: syncType(isDelta, disk.changeId),
    sync_success: true,
  });
  await trx('replication_jobs')
    .where('id', jobId)
    .update({ change_id: changeId, previous_change_id: previousChangeId ?? disk.changeId });
}

function syncType(isDelta: boolean, stored: string | null): string {
  if (isDelta) return 'incremental';
  return stored === null ? 'initial' : 'full';
}
