import type { Knex } from 'knex';
import { GiB } from '../../base/units.ts';
import type { DiskFacts, VolumeFacts } from '../../domain/readiness/facts.ts';
import { select } from '../sql.ts';

/** The disks of a VM with their volumes, as readiness judges them. One query. */

interface Row {
  readonly disk_id: string;
  readonly capacity_bytes: number | null;
  readonly commit_job_id: string | null;
  readonly disk_change_id: string | null;
  readonly target_generation: number;
  readonly committed_generation: number | null;
  readonly dirty_since: Date | null;
  readonly last_full_reason: string | null;
  readonly verify_reason: string | null;
  readonly volume_id: string | null;
  readonly name: string | null;
  readonly size_bytes: number | null;
  readonly size_gb: number | null;
  readonly state: string | null;
  readonly snapshot_name: string | null;
  readonly snapshot_status: string | null;
  readonly overlay: string | null;
  readonly vm_id: string | null;
  readonly operation_mode: string | null;
  readonly cloudstack_state: string | null;
  readonly linux_state: string | null;
  readonly linux_reason: string | null;
  readonly export_status: string | null;
}

const DISKS = `SELECT disk.disk_id, disk.capacity_bytes, disk.commit_job_id, disk.disk_change_id, disk.target_generation,
    disk.committed_generation, disk.dirty_since, disk.last_full_reason, disk.verify_reason,
    volume.volume_id, volume.name, volume.size_bytes, volume.size_gb, volume.state, volume.snapshot_name,
    volume.snapshot_status, overlay.state AS overlay,
    mapping.vm_id, mapping.operation_mode, mapping.cloudstack_state, mapping.linux_state, mapping.linux_reason,
    (SELECT export.status FROM nbd_exports export WHERE export.volume_id = volume.volume_id LIMIT 1) AS export_status
  FROM vm_disks disk
  LEFT JOIN ossea_volumes volume ON volume.id = disk.ossea_volume_id
  LEFT JOIN device_mappings mapping ON mapping.volume_uuid = volume.volume_id
  LEFT JOIN volume_overlays overlay ON overlay.volume_id = volume.volume_id
  WHERE disk.vm_context_id = ? ORDER BY disk.disk_id`;

/** By disk id. */
export async function readinessDisks(db: Knex, contextId: string): Promise<DiskFacts[]> {
  return (await select<Row>(db, DISKS, [contextId])).map((row) => ({
    diskId: row.disk_id,
    capacityBytes: row.capacity_bytes === null ? null : Number(row.capacity_bytes),
    commitJobId: row.commit_job_id,
    changeId: row.disk_change_id === '' ? null : row.disk_change_id,
    targetGeneration: row.target_generation,
    committedGeneration: row.committed_generation,
    isDirty: row.dirty_since !== null,
    fullReason: row.last_full_reason,
    doubt: row.verify_reason,
    volume: volumeOf(row),
  }));
}

function volumeOf(row: Row): VolumeFacts | null {
  if (row.volume_id === null) return null;
  return {
    volumeId: row.volume_id,
    name: row.name ?? row.volume_id,
    sizeBytes: Number(row.size_bytes ?? (row.size_gb ?? 0) * GiB),
    state: row.state ?? '',
    snapshotName: row.snapshot_name,
    snapshotStatus: row.snapshot_status ?? 'none',
    overlay: row.overlay,
    place: placeOf(row),
    exportStatus: row.export_status,
  };
}

function placeOf(row: Row): VolumeFacts['place'] {
  if (row.vm_id === null) return null;
  return {
    vmId: row.vm_id,
    mode: row.operation_mode ?? '',
    cloudstackState: row.cloudstack_state ?? '',
    linuxState: row.linux_state ?? '',
    linuxReason: row.linux_reason,
  };
}
