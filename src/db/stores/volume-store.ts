import type { Knex } from 'knex';

/** Rows of ossea_volumes: the CloudStack volumes that this installation made or took over. */

export type VolumeState = 'creating' | 'detached' | 'attached';

export interface VolumeRecord {
  readonly id: number;
  /** UUID in CloudStack. */
  readonly volumeId: string;
  readonly contextId: string | null;
  readonly name: string;
  readonly sizeGb: number;
  readonly sizeBytes: number | null;
  readonly diskOfferingId: string | null;
  readonly zoneId: string | null;
  readonly configId: number | null;
  readonly state: string;
  readonly devicePath: string | null;
  readonly vmId: string | null;
  /** When it was first opened for writing; null: nobody but CloudStack has touched its bytes. */
  readonly exportedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface NewVolumeRow {
  readonly volumeId: string;
  readonly contextId: string | null;
  readonly name: string;
  readonly sizeGb: number;
  readonly diskOfferingId: string;
  readonly zoneId: string;
  readonly configId: number;
}

const COLUMNS = {
  id: 'id',
  volumeId: 'volume_id',
  contextId: 'vm_context_id',
  name: 'name',
  sizeGb: 'size_gb',
  sizeBytes: 'size_bytes',
  diskOfferingId: 'disk_offering_id',
  zoneId: 'zone_id',
  configId: 'ossea_config_id',
  state: 'state',
  devicePath: 'device_path',
  vmId: 'vm_id',
  exportedAt: 'exported_at',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
} as const;

export async function findVolumeRow(db: Knex, volumeId: string): Promise<VolumeRecord | undefined> {
  const rows = await db('ossea_volumes').where('volume_id', volumeId).select<VolumeRecord[]>(COLUMNS);
  return rows[0];
}

/** Whoever decides about the place of the volume has its row until the end of the transaction. */
export async function lockVolumeRow(trx: Knex.Transaction, volumeId: string): Promise<void> {
  await trx('ossea_volumes').where('volume_id', volumeId).forUpdate().select('id');
}

/** Names the volume as soon as CloudStack has told its id. Again for the same volume: only what was unknown changes. */
export async function insertVolume(trx: Knex.Transaction, volume: NewVolumeRow): Promise<void> {
  await trx('ossea_volumes')
    .insert({
      volume_id: volume.volumeId,
      // A context that was deleted meanwhile must not hide the volume.
      vm_context_id: trx('vm_replication_contexts').where('context_id', volume.contextId).select('context_id'),
      name: volume.name,
      size_gb: volume.sizeGb,
      disk_offering_id: volume.diskOfferingId,
      zone_id: volume.zoneId,
      ossea_config_id: trx('ossea_configs').where('id', volume.configId).select('id'),
      state: 'creating' satisfies VolumeState,
    })
    .onConflict('volume_id')
    .merge(['name', 'size_gb', 'disk_offering_id', 'zone_id', 'ossea_config_id']);
}

export interface VolumePlace {
  readonly state: VolumeState;
  readonly vmId: string | null;
  readonly devicePath: string | null;
  /** Exact size as CloudStack says; undefined leaves what is known. */
  readonly sizeBytes?: number | undefined;
}

export async function placeVolume(trx: Knex.Transaction, volumeId: string, place: VolumePlace): Promise<void> {
  await trx('ossea_volumes')
    .where('volume_id', volumeId)
    .update({
      state: place.state,
      vm_id: place.vmId,
      device_path: place.devicePath,
      ...(place.sizeBytes === undefined ? {} : { size_bytes: place.sizeBytes }),
    });
}

/**
 * The volume has another size by now. Where that is new to us its disk is distrusted: its changeId was committed on a
 * volume of another size. Said again it changes nothing.
 */
export async function growVolumeRow(
  trx: Knex.Transaction,
  volumeId: string,
  now: { readonly sizeBytes: number; readonly sizeGb: number; readonly reason: string },
): Promise<void> {
  const rows = await trx('ossea_volumes')
    .where('volume_id', volumeId)
    .forUpdate()
    .select<{ size_gb: number }[]>('size_gb');
  const isNew = rows[0] !== undefined && rows[0].size_gb !== now.sizeGb;
  await trx('ossea_volumes').where('volume_id', volumeId).update({ size_bytes: now.sizeBytes, size_gb: now.sizeGb });
  if (isNew) await distrustContents(trx, volumeId, now.reason);
}

/** What the disk on this volume was known to hold says nothing any more: its next copy is of all of it. */
export async function distrustContents(trx: Knex.Transaction, volumeId: string, reason: string): Promise<void> {
  await trx('vm_disks')
    .whereIn('ossea_volume_id', trx('ossea_volumes').where('volume_id', volumeId).select('id'))
    .update({ target_generation: trx.raw('target_generation + 1'), last_full_reason: reason });
}

/** Before the first export opens: from now on the volume may hold bytes of ours, and no longer counts as fresh. */
export async function markExported(trx: Knex.Transaction, volumeId: string): Promise<void> {
  await trx('ossea_volumes')
    .where('volume_id', volumeId)
    .whereNull('exported_at')
    .update({ exported_at: trx.raw('now(6)') });
}

export async function deleteVolumeRow(trx: Knex.Transaction, volumeId: string): Promise<void> {
  await trx('ossea_volumes').where('volume_id', volumeId).delete();
}
