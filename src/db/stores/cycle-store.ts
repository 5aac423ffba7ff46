import { upstream } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import type { Knex } from '../knex.ts';

/** What one replication cycle reads about its VM, and what it writes besides its progress. Lengths in bytes. */

export interface CycleDisk {
  readonly vmDiskId: number;
  readonly diskId: string;
  readonly capacityBytes: number;
  readonly changeId: string | null;
  readonly targetGeneration: number;
  readonly committedGeneration: number | null;
  /** A cycle began to write to the target itself and has not ended well. */
  readonly isDirty: boolean;
  /** Why the last copy was a full one, or the next one must be. */
  readonly fullReason: string | null;
  /** Since all of it was last copied or compared; null when that never was. */
  readonly verifiedAgoMs: number | null;
  /** Why it is to be compared soon, although its changes were believed. */
  readonly verifyReason: string | null;
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
  /** Of the VM in vSphere; null while it is not known. */
  readonly instanceUuid: string | null;
  readonly vmPath: string;
  readonly vcenterHost: string;
  /** Of the account for its vCenter; null: the active one of that host. */
  readonly credentialId: number | null;
  /** The CloudStack that the job was accepted for: a VM with volumes stays in the cloud that they are in. */
  readonly osseaConfigId: number | null;
  readonly disks: readonly CycleDisk[];
}

interface ContextRow {
  context_id: string;
  vm_name: string;
  vmware_vm_id: string;
  instance_uuid: string | null;
  vm_path: string;
  vcenter_host: string;
  credential_id: number | null;
  ossea_config_id: number | null;
}

interface DiskRow {
  id: number;
  disk_id: string;
  capacity_bytes: number | null;
  disk_change_id: string | null;
  target_generation: number;
  committed_generation: number | null;
  dirty_since: Date | null;
  last_full_reason: string | null;
  verified_ago_s: number | null;
  verify_reason: string | null;
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
      'context.instance_uuid',
      'context.vm_path',
      'context.vcenter_host',
      'context.credential_id',
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
      'disk.dirty_since',
      'disk.last_full_reason',
      'disk.verify_reason',
      db.raw('timestampdiff(second, disk.verified_at, now(6)) as verified_ago_s'),
      'volume.id as volume_row_id',
      'volume.volume_id',
      'volume.size_gb',
      'volume.exported_at',
    );
  return {
    contextId: context.context_id,
    vmName: context.vm_name,
    vmwareVmId: context.vmware_vm_id,
    instanceUuid: context.instance_uuid,
    vmPath: context.vm_path,
    vcenterHost: context.vcenter_host,
    credentialId: context.credential_id,
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
    isDirty: row.dirty_since !== null,
    fullReason: row.last_full_reason,
    verifiedAgoMs: row.verified_ago_s === null ? null : Number(row.verified_ago_s) * SECOND,
    verifyReason: row.verify_reason,
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

export interface BegunDisk {
  readonly jobId: string;
  readonly contextId: string;
  readonly vmDiskId: number;
  readonly diskId: string;
  /** What the row says of the target now, and under what it is written; they differ once per cycle at most. */
  readonly generation: { readonly now: number; readonly written: number };
  readonly mode: 'full' | 'incremental';
  /** Why not by its changes only; null when it is. */
  readonly reason: string | null;
  readonly previousChangeId: string | null;
  readonly landing: CycleLanding;
}

/** Where a cycle is written: overlay above the volume, or, null, the volume itself, and why where that was not meant. */
export interface CycleLanding {
  readonly overlayId: string | null;
  readonly inPlaceReason: string | null;
}

/** What the columns for a reason hold. */
export const REASON_CHARS = 255;

/**
 * Before the first write of a cycle, or of another way to copy: from here until the commit the target is not what its
 * changeId says. Where the changes would not lead back from what is written now, its generation grows here, so that a
 * cycle which dies is followed by one that builds on nothing.
 * @throws upstream `replication.target-changed` when the row is of another generation than its reader saw
 */
export async function beginDisk(trx: Knex.Transaction, begun: BegunDisk): Promise<void> {
  const { generation, vmDiskId } = begun;
  const grows = generation.written !== generation.now;
  const reason = `${begun.jobId} began to copy all of it and has not ended well: ${begun.reason ?? ''}`;
  const found = await trx('vm_disks')
    .where({ id: vmDiskId, target_generation: generation.now })
    .update({
      // In an overlay nothing happens to the target until the commit.
      ...(begun.landing.overlayId === null ? { dirty_since: trx.raw('coalesce(dirty_since, now(6))') } : {}),
      sync_status: 'syncing',
      ...(grows ? { target_generation: generation.written, last_full_reason: reason.slice(0, REASON_CHARS) } : {}),
    });
  if (found === 0) throw upstream('replication.target-changed', `the target of disk ${begun.diskId} was changed`);
  await trx('cbt_history').where({ job_id: begun.jobId, disk_id: begun.diskId }).del();
  await trx('cbt_history').insert({ ...historyOf(begun), sync_success: false });
}

type History = Pick<BegunDisk, 'jobId' | 'contextId' | 'diskId' | 'mode' | 'reason' | 'previousChangeId' | 'landing'>;

/** What the row of history of a disk says from the beginning. initial: nothing was there before; full: all of it again. */
export function historyOf(disk: History): Record<string, string | null> {
  const ofAll = disk.previousChangeId === null ? 'initial' : 'full';
  return {
    job_id: disk.jobId,
    vm_context_id: disk.contextId,
    disk_id: disk.diskId,
    previous_change_id: disk.previousChangeId,
    sync_type: disk.mode === 'incremental' ? 'incremental' : ofAll,
    reason: disk.reason?.slice(0, REASON_CHARS) ?? null,
    landed_in: disk.landing.overlayId === null ? 'volume' : 'overlay',
    in_place_reason: disk.landing.inPlaceReason?.slice(0, REASON_CHARS) ?? null,
  };
}
