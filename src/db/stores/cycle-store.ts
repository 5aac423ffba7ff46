import type { Knex } from '../knex.ts';

/** What one replication cycle reads about its VM, and what it writes besides its progress. Lengths in bytes. */

export interface CycleDisk {
  readonly vmDiskId: number;
  readonly diskId: string;
  readonly capacityBytes: number;
  readonly changeId: string | null;
  readonly targetGeneration: number;
  readonly committedGeneration: number | null;
  /** Why the last copy was a full one, or the next one must be. */
  readonly fullReason: string | null;
  /** The target, when one was made already: row id, CloudStack uuid, size, and whether anybody ever exported it. */
  readonly volume: {
    readonly id: number;
    readonly volumeId: string;
    readonly sizeGb: number;
    readonly exported: boolean;
  } | null;
}

export interface CycleVm {
  readonly contextId: string;
  readonly vmName: string;
  /** Identity of the VM at its source; the name is not. */
  readonly vmwareVmId: string;
  readonly vmPath: string;
  readonly vcenterHost: string;
  /** The CloudStack that the job was accepted for: a VM with volumes stays in the cloud that they are in. */
  readonly osseaConfigId: number | null;
  readonly disks: readonly CycleDisk[];
}

interface ContextRow {
  context_id: string;
  vm_name: string;
  vmware_vm_id: string;
  vm_path: string;
  vcenter_host: string;
  ossea_config_id: number | null;
}

interface DiskRow {
  id: number;
  disk_id: string;
  capacity_bytes: number | null;
  disk_change_id: string | null;
  target_generation: number;
  committed_generation: number | null;
  last_full_reason: string | null;
  volume_row_id: number | null;
  volume_id: string | null;
  size_gb: number | null;
  exported_at: Date | null;
}

/**
 * The VM of a context with the disks of this job in order of disk id; undefined when the context is gone. A disk that
 * the VM has no longer keeps its row under the last job that knew it, and is none of this cycle's business.
 */
export async function loadCycleVm(
  db: Knex,
  of: { readonly contextId: string; readonly jobId: string },
): Promise<CycleVm | undefined> {
  const { contextId, jobId } = of;
  const [context] = await db('vm_replication_contexts as context')
    .join('replication_jobs as job', 'job.vm_context_id', 'context.context_id')
    .where({ 'context.context_id': contextId, 'job.id': jobId })
    .select<ContextRow[]>(
      'context.context_id',
      'context.vm_name',
      'context.vmware_vm_id',
      'context.vm_path',
      'context.vcenter_host',
      'job.ossea_config_id',
    );
  if (context === undefined) return undefined;
  const rows = await db('vm_disks as disk')
    .leftJoin('ossea_volumes as volume', 'volume.id', 'disk.ossea_volume_id')
    .where({ 'disk.vm_context_id': contextId, 'disk.job_id': jobId })
    .orderBy('disk.disk_id')
    .select<DiskRow[]>(
      'disk.id',
      'disk.disk_id',
      'disk.capacity_bytes',
      'disk.disk_change_id',
      'disk.target_generation',
      'disk.committed_generation',
      'disk.last_full_reason',
      'volume.id as volume_row_id',
      'volume.volume_id',
      'volume.size_gb',
      'volume.exported_at',
    );
  return {
    contextId: context.context_id,
    vmName: context.vm_name,
    vmwareVmId: context.vmware_vm_id,
    vmPath: context.vm_path,
    vcenterHost: context.vcenter_host,
    osseaConfigId: context.ossea_config_id,
    disks: rows.map(toDisk),
  };
}

function toDisk(row: DiskRow): CycleDisk {
  const { volume_row_id: id, volume_id: volumeId, size_gb: sizeGb } = row;
  return {
    vmDiskId: row.id,
    diskId: row.disk_id,
    capacityBytes: Number(row.capacity_bytes ?? 0),
    changeId: row.disk_change_id,
    targetGeneration: row.target_generation,
    committedGeneration: row.committed_generation,
    fullReason: row.last_full_reason,
    volume:
      id === null || volumeId === null || sizeGb === null
        ? null
        : { id, volumeId, sizeGb, exported: row.exported_at !== null },
  };
}

/** Ties a disk to its new target. The generation grows, so that no changeId of an older target is ever used on it. */
export async function assignVolume(trx: Knex.Transaction, vmDiskId: number, volumeUuid: string): Promise<void> {
  const volume = await trx<{ id: number; volume_id: string }>('ossea_volumes')
    .where({ volume_id: volumeUuid })
    .first('id');
  const disk = await trx<{ id: number; ossea_volume_id: number | null }>('vm_disks')
    .where({ id: vmDiskId })
    .forUpdate()
    .first('ossea_volume_id');
  // A second run of the step finds the first one's work.
  if (volume === undefined || disk === undefined || disk.ossea_volume_id === volume.id) return;
  await trx('vm_disks')
    .where({ id: vmDiskId })
    .update({
      ossea_volume_id: volume.id,
      target_generation: trx.raw('target_generation + 1'),
      last_full_reason: trx.raw('if(disk_change_id is null, last_full_reason, ?)', ['the target is another volume']),
    });
}

/**
 * The target does not hold what was written to it, and what it has where nothing was written nobody knows: its
 * changeId, and the one of a cycle that copies changes only, say nothing of it any more, until it was copied in full.
 * `generation` is the one that was found wanting; said again it changes nothing.
 */
export async function distrustTarget(
  trx: Knex.Transaction,
  target: { readonly vmDiskId: number; readonly generation: number },
  reason: string,
): Promise<void> {
  await trx('vm_disks')
    .where({ id: target.vmDiskId, target_generation: target.generation })
    .update({ target_generation: target.generation + 1, last_full_reason: reason });
}

/** Before the first write of a cycle: from here until the commit the target is not what its changeId says. */
export async function markDirty(trx: Knex.Transaction, vmDiskId: number): Promise<void> {
  await trx('vm_disks')
    .where({ id: vmDiskId })
    .update({ dirty_since: trx.raw('coalesce(dirty_since, now(6))'), sync_status: 'syncing' });
}

export interface CommittedDisk {
  readonly vmDiskId: number;
  readonly diskId: string;
  readonly capacityBytes: number;
  readonly mode: 'full' | 'incremental';
  readonly fullReason: string | null;
  /** Of the target: the one that holds, everywhere, what changeId claims. A later one was found wanting meanwhile. */
  readonly generation: number;
  /** Null: the source tracks no changes of this disk, and its next copy is a full one. */
  readonly changeId: string | null;
  readonly previousChangeId: string | null;
  readonly bytesTransferred: number;
  readonly areas: number;
  readonly seconds: number;
}

export interface CycleCommit {
  readonly jobId: string;
  readonly contextId: string;
  readonly type: 'initial' | 'incremental';
  readonly snapshot: string;
  readonly disks: readonly CommittedDisk[];
}

/**
 * The commit of a cycle: the changeIds of ALL disks, in the caller's transaction. Only after every disk is flushed and
 * its export is gone: from then on nothing can write what these changeIds claim.
 */
export async function commitCycle(trx: Knex.Transaction, cycle: CycleCommit): Promise<void> {
  for (const disk of cycle.disks) {
    await trx('vm_disks')
      .where({ id: disk.vmDiskId })
      .update({
        disk_change_id: disk.changeId,
        committed_generation: disk.generation,
        capacity_bytes: disk.capacityBytes,
        dirty_since: null,
        sync_status: 'completed',
        sync_progress_percent: 100,
        last_sync_mode: disk.mode,
        last_full_reason: trx.raw('if(target_generation = ?, ?, last_full_reason)', [disk.generation, disk.fullReason]),
      });
    await trx('cbt_history').where({ job_id: cycle.jobId, disk_id: disk.diskId }).del();
    await trx('cbt_history').insert({
      job_id: cycle.jobId,
      vm_context_id: cycle.contextId,
      disk_id: disk.diskId,
      change_id: disk.changeId,
      previous_change_id: disk.previousChangeId,
      sync_type: syncType(disk),
      sync_success: true,
      blocks_changed: disk.areas,
      bytes_transferred: disk.bytesTransferred,
      sync_duration_seconds: Math.round(disk.seconds),
    });
    await trx('disk_checkpoints').where({ vm_disk_id: disk.vmDiskId }).del();
  }
  const first = cycle.disks[0];
  await trx('replication_jobs')
    .where({ id: cycle.jobId })
    .update({
      replication_type: cycle.type,
      snapshot_id: cycle.snapshot,
      change_id: first?.changeId ?? null,
      previous_change_id: first?.previousChangeId ?? null,
      progress_percent: 100,
      vma_progress_percent: 100,
      vma_current_phase: 'PersistChangeIDs',
      current_operation: 'Committed',
    });
}

/** initial: nothing was there before. full: the whole disk again. */
function syncType(disk: CommittedDisk): string {
  if (disk.mode === 'incremental') return 'incremental';
  return disk.previousChangeId === null ? 'initial' : 'full';
}

/** One row per disk from the start of a cycle, not successful until the commit replaces it. */
export async function recordAttempt(
  trx: Knex.Transaction,
  cycle: Pick<CycleCommit, 'jobId' | 'contextId' | 'snapshot'> & {
    readonly disks: readonly Pick<CommittedDisk, 'diskId' | 'mode' | 'previousChangeId'>[];
  },
): Promise<void> {
  for (const disk of cycle.disks) {
    await trx('cbt_history').where({ job_id: cycle.jobId, disk_id: disk.diskId }).del();
    await trx('cbt_history').insert({
      job_id: cycle.jobId,
      vm_context_id: cycle.contextId,
      disk_id: disk.diskId,
      previous_change_id: disk.previousChangeId,
      sync_type: syncType(disk as CommittedDisk),
      sync_success: false,
    });
  }
  await trx('replication_jobs').where({ id: cycle.jobId }).update({ snapshot_id: cycle.snapshot });
}
