import { GiB } from '../base/units.ts';
import type { DeviceMapping } from '../db/stores/device-mapping-store.ts';
import type { ExportRecord } from '../db/stores/nbd-export-store.ts';
import type { OperationChange, OperationRecord } from '../db/stores/volume-operation-store.ts';
import type { VolumeRecord } from '../db/stores/volume-store.ts';

/** Rows as the API of the volume daemon shows them. */

export const presentOperation = (operation: OperationRecord): object => ({
  id: operation.id,
  type: operation.type,
  status: operation.status,
  volume_id: operation.volumeId,
  vm_id: operation.vmId,
  request: operation.request,
  response: operation.response,
  error: operation.error,
  created_at: operation.createdAt,
  updated_at: operation.updatedAt,
  completed_at: operation.completedAt,
});

export const presentChange = (change: OperationChange): object => ({
  previous_status: change.previousStatus,
  new_status: change.newStatus,
  changed_at: change.changedAt,
  details: change.details,
});

export const presentMapping = (mapping: DeviceMapping): object => ({
  id: mapping.id,
  volume_uuid: mapping.volumeUuid,
  vm_context_id: mapping.contextId,
  vm_id: mapping.vmId,
  operation_mode: mapping.mode,
  cloudstack_device_id: mapping.deviceId,
  device_path: mapping.devicePath,
  cloudstack_state: mapping.cloudstackState,
  linux_state: mapping.linuxState,
  linux_reason: mapping.linuxReason,
  size: mapping.sizeBytes,
  last_sync: mapping.lastSync,
  created_at: mapping.createdAt,
  updated_at: mapping.updatedAt,
});

export const presentExport = (row: ExportRecord): object => ({
  id: row.id,
  volume_id: row.volumeId,
  export_name: row.exportName,
  job_id: row.jobId,
  device_path: row.devicePath,
  port: row.port,
  status: row.status,
  metadata: row.metadata,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
});

/** What our books say; CloudStack itself is not asked. */
export function presentVolume(
  volume: VolumeRecord,
  known: { mapping: DeviceMapping | undefined; lastOperation: OperationRecord | undefined },
): object {
  const { mapping, lastOperation } = known;
  return {
    volume_id: volume.volumeId,
    name: volume.name,
    vm_context_id: volume.contextId,
    vm_id: volume.vmId,
    device_path: volume.devicePath,
    state: volume.state,
    size: volume.sizeBytes ?? volume.sizeGb * GiB,
    exported_at: volume.exportedAt,
    cloudstack_data: {
      disk_offering_id: volume.diskOfferingId,
      zone_id: volume.zoneId,
      state: mapping?.cloudstackState ?? volume.state,
      device_id: mapping?.deviceId ?? null,
    },
    linux_data: mapping === undefined ? null : { device_path: mapping.devicePath, state: mapping.linuxState },
    last_operation: lastOperation === undefined ? null : presentOperation(lastOperation),
  };
}
