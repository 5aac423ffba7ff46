import type { Knex } from 'knex';
import { select } from '../sql.ts';
import { sourceInventory } from './context-store.ts';

/** The last committed point of a VM, as a failover needs it. Lengths in bytes. */

export interface PointDisk {
  readonly diskId: string;
  readonly unitNumber: number | null;
  readonly capacityBytes: number;
  readonly volumeId: string;
  /** The VM that our mapping names; null: it is attached to none. */
  readonly vmId: string | null;
}

export interface FailoverPoint {
  readonly contextId: string;
  readonly vmName: string;
  readonly vmPath: string;
  readonly vcenterHost: string;
  readonly credentialId: number | null;
  readonly instanceUuid: string | null;
  readonly vmwareVmId: string;
  readonly osseaConfigId: number | null;
  /** What its source last told of it, as stored. */
  readonly inventory: unknown;
  /** When the snapshot of the last committed cycle was begun; null: not known. */
  readonly snapshotAt: Date | null;
  /** Of the last committed cycle; none where nothing was ever committed. */
  readonly disks: readonly PointDisk[];
}

interface VmRow {
  readonly contextId: string;
  readonly vmName: string;
  readonly vmPath: string;
  readonly vcenterHost: string;
  readonly credentialId: number | null;
  readonly instanceUuid: string | null;
  readonly vmwareVmId: string;
  readonly osseaConfigId: number | null;
  readonly snapshotAt: Date | null;
}

/** Undefined when there is no such VM. */
export async function loadFailoverPoint(db: Knex, contextId: string): Promise<FailoverPoint | undefined> {
  const [vm] = await select<VmRow>(
    db,
    `SELECT context_id AS contextId, vm_name AS vmName, vm_path AS vmPath, vcenter_host AS vcenterHost,
            credential_id AS credentialId, instance_uuid AS instanceUuid, vmware_vm_id AS vmwareVmId,
            ossea_config_id AS osseaConfigId, COALESCE(commit_snapshot_at, committed_at) AS snapshotAt
       FROM vm_replication_contexts WHERE context_id = ?`,
    [contextId],
  );
  if (vm === undefined) return undefined;
  const disks = await select<PointDisk>(
    db,
    `SELECT disk.disk_id AS diskId, disk.unit_number AS unitNumber, disk.capacity_bytes AS capacityBytes,
            volume.volume_id AS volumeId, mapping.vm_id AS vmId
       FROM vm_disks disk
       JOIN vm_replication_contexts vm ON vm.context_id = disk.vm_context_id
       JOIN ossea_volumes volume ON volume.id = disk.ossea_volume_id
       LEFT JOIN device_mappings mapping ON mapping.volume_uuid = volume.volume_id
      WHERE disk.vm_context_id = ? AND (vm.commit_job_id IS NULL OR disk.commit_job_id <=> vm.commit_job_id)
      ORDER BY disk.disk_id`,
    [contextId],
  );
  const numbers = disks.map((disk) => ({ ...disk, capacityBytes: Number(disk.capacityBytes) }));
  return { ...vm, inventory: await sourceInventory(db, contextId), disks: numbers };
}

/** The snapshot of one volume that a failover made. */
export interface FailoverSnapshot {
  readonly volumeId: string;
  readonly snapshotId: string;
  /** The volume may hold something else than its snapshot, which is known to hold what was committed. */
  readonly isChanged: boolean;
}

/** Those whose names end in the id of the job. */
export async function failoverSnapshots(
  db: Knex,
  of: { readonly contextId: string; readonly jobId: string },
): Promise<FailoverSnapshot[]> {
  const rows = await select<{ volumeId: string; snapshotId: string; changed: number | null }>(
    db,
    `SELECT volume.volume_id AS volumeId, volume.snapshot_id AS snapshotId,
            volume.snapshot_generation IS NOT NULL AND volume.snapshot_status <> 'rollback_complete'
              AND NOT (disk.committed_generation <=> disk.target_generation) AS changed
       FROM ossea_volumes volume LEFT JOIN vm_disks disk ON disk.ossea_volume_id = volume.id
      WHERE volume.vm_context_id = ? AND volume.snapshot_id IS NOT NULL AND volume.snapshot_name LIKE CONCAT('%-', ?)
      ORDER BY volume.volume_id`,
    [of.contextId, of.jobId],
  );
  return rows.map(({ changed, ...row }) => ({ ...row, isChanged: changed === 1 }));
}

/**
 * Volumes for which a failover asked for a snapshot without hearing its id. Whether one was made, its name tells: the
 * answer was lost, or whoever waited for it died.
 */
export async function snapshotsWithoutId(
  db: Knex,
  of: { readonly contextId: string; readonly jobId: string },
): Promise<{ readonly volumeId: string; readonly name: string }[]> {
  return select(
    db,
    `SELECT volume_id AS volumeId, snapshot_name AS name FROM ossea_volumes
      WHERE vm_context_id = ? AND snapshot_id IS NULL AND snapshot_name LIKE CONCAT('%-', ?)
      ORDER BY volume_id`,
    [of.contextId, of.jobId],
  );
}
