import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';

/** Rows of device_mappings: to which VM a volume is attached, and which Linux device that is on the appliance. */

/**
 * oma: attached to this appliance, correlated with a device, for replications. failover: attached to a VM that we cannot
 * look into, or still here and given to a failover, which nobody may export it for.
 */
export type OperationMode = 'oma' | 'failover';

export interface DeviceMapping {
  readonly id: string;
  readonly volumeUuid: string;
  readonly contextId: string | null;
  readonly vmId: string;
  readonly mode: OperationMode;
  readonly deviceId: number | null;
  readonly devicePath: string;
  /** attaching: the attach was ordered and its end is not known. */
  readonly cloudstackState: 'attaching' | 'attached';
  /** missing, refused: it was detected once, and the last look found no device, or one that must not be used. */
  readonly linuxState: 'waiting' | 'detected' | 'missing' | 'refused' | 'n/a';
  /** Why it is missing or refused. */
  readonly linuxReason: string | null;
  readonly sizeBytes: number;
  readonly lastSync: Date;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type NewDeviceMapping = Omit<
  DeviceMapping,
  'id' | 'contextId' | 'linuxReason' | 'lastSync' | 'createdAt' | 'updatedAt'
>;

const COLUMNS = {
  id: 'id',
  volumeUuid: 'volume_uuid',
  contextId: 'vm_context_id',
  vmId: 'vm_id',
  mode: 'operation_mode',
  deviceId: 'cloudstack_device_id',
  devicePath: 'device_path',
  cloudstackState: 'cloudstack_state',
  linuxState: 'linux_state',
  linuxReason: 'linux_reason',
  sizeBytes: 'size',
  lastSync: 'last_sync',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
} as const;

export async function findMapping(db: Knex, volumeUuid: string): Promise<DeviceMapping | undefined> {
  return (await select(db, { volume_uuid: volumeUuid }))[0];
}

export async function findMappingByDevice(db: Knex, devicePath: string): Promise<DeviceMapping | undefined> {
  return (await select(db, { device_path: devicePath, operation_mode: 'oma' }))[0];
}

export async function mappingsOfVm(db: Knex, vmId: string): Promise<DeviceMapping[]> {
  return select(db, { vm_id: vmId });
}

/** Those that should have a device on an appliance: on the one that runs on `vmId`, or on any. */
export async function omaMappings(db: Knex, vmId?: string): Promise<DeviceMapping[]> {
  return select(db, { operation_mode: 'oma', ...(vmId === undefined ? {} : { vm_id: vmId }) });
}

/** The VMs that volumes are attached to which should have a device there. */
export async function omaVmsOfMappings(db: Knex): Promise<string[]> {
  return db('device_mappings').where('operation_mode', 'oma').distinct().pluck<string[]>('vm_id');
}

async function select(db: Knex, where: Readonly<Record<string, string>>): Promise<DeviceMapping[]> {
  return db('device_mappings').where(where).orderBy('volume_uuid').select<DeviceMapping[]>(COLUMNS);
}

/** One row per volume, kept in place: exports refer to it. The context is the one of the volume, NULL when unknown. */
export async function saveMapping(trx: Knex.Transaction, mapping: NewDeviceMapping): Promise<void> {
  const volume = trx('ossea_volumes').where('volume_id', mapping.volumeUuid);
  await trx('device_mappings')
    .insert({
      id: randomUUID(),
      volume_uuid: mapping.volumeUuid,
      vm_context_id: volume.clone().select('vm_context_id'),
      // Kept with the volume, because a mapping goes with each detach.
      ossea_snapshot_id: volume.clone().select('snapshot_id'),
      snapshot_created_at: volume.clone().select('snapshot_created_at'),
      snapshot_status: trx.raw('coalesce(?, ?)', [volume.clone().select('snapshot_status'), 'none']),
      vm_id: mapping.vmId,
      operation_mode: mapping.mode,
      requires_device_correlation: mapping.mode === 'oma',
      cloudstack_device_id: mapping.deviceId,
      device_path: mapping.devicePath,
      cloudstack_state: mapping.cloudstackState,
      linux_state: mapping.linuxState,
      linux_reason: null,
      size: mapping.sizeBytes,
      last_sync: trx.raw('now(3)'),
    })
    .onConflict('volume_uuid')
    .merge([
      'vm_context_id',
      'ossea_snapshot_id',
      'snapshot_created_at',
      'snapshot_status',
      'vm_id',
      'operation_mode',
      'requires_device_correlation',
      'cloudstack_device_id',
      'device_path',
      'cloudstack_state',
      'linux_state',
      'linux_reason',
      'size',
      'last_sync',
    ]);
}

/** The device has another name since it was last looked at: /dev/vdX changes with a restart of the appliance. */
export async function moveMapping(trx: Knex.Transaction, volumeUuid: string, devicePath: string): Promise<void> {
  await trx('device_mappings')
    .where('volume_uuid', volumeUuid)
    .update({ device_path: devicePath, linux_state: 'detected', linux_reason: null, last_sync: trx.raw('now(3)') });
  await trx('ossea_volumes').where('volume_id', volumeUuid).update({ device_path: devicePath });
}

const REASON_CHARS = 500;

/** The device is not there, or must not be used. What is attached meanwhile, or taken off, stays as it is. */
export async function markDevice(
  trx: Knex.Transaction,
  volumeUuid: string,
  { state, reason }: { readonly state: 'missing' | 'refused'; readonly reason: string },
): Promise<void> {
  await trx('device_mappings')
    .where({ volume_uuid: volumeUuid, operation_mode: 'oma', cloudstack_state: 'attached' })
    .update({ linux_state: state, linux_reason: reason.slice(0, REASON_CHARS), last_sync: trx.raw('now(3)') });
}

/** Who uses it from now on. Where it is attached, or whether it is, does not change. */
export async function setMode(trx: Knex.Transaction, volumeUuid: string, mode: OperationMode): Promise<void> {
  await trx('device_mappings').where('volume_uuid', volumeUuid).update({ operation_mode: mode });
}

export async function deleteMapping(trx: Knex.Transaction, volumeUuid: string): Promise<void> {
  await trx('device_mappings').where('volume_uuid', volumeUuid).delete();
}
