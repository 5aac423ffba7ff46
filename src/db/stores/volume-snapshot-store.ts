import type { Knex } from 'knex';
import type { OperationMode } from './device-mapping-store.ts';

/**
 * Which snapshot of a volume is followed: the newest that was made, or the one that somebody named. It stands in
 * ossea_volumes, and in the mapping of the volume while that has one. CloudStack knows all snapshots; this is a note.
 */

/** reverting: the volume was detached for it, or is just being set back. */
export const SNAPSHOT_STATUSES = ['none', 'creating', 'ready', 'failed', 'reverting', 'rollback_complete'] as const;
export type SnapshotStatus = (typeof SNAPSHOT_STATUSES)[number];

export interface TrackedSnapshot {
  readonly volumeId: string;
  readonly contextId: string | null;
  /** Null while the volume is not attached anywhere. */
  readonly devicePath: string | null;
  readonly mode: OperationMode | null;
  readonly snapshotId: string | null;
  readonly snapshotName: string | null;
  readonly createdAt: Date | null;
  readonly status: string;
}

/** What is left out stays as it is. */
export interface SnapshotNote {
  readonly snapshotId?: string | null | undefined;
  readonly name?: string | null | undefined;
  /** Of the snapshot, as CloudStack says; `now` is the database's. */
  readonly createdAt?: Date | 'now' | null | undefined;
  readonly status?: SnapshotStatus | undefined;
  /** as-now: what the snapshot holds is what the volume's disk is known to hold now; null: nobody can say. */
  readonly contents?: 'as-now' | null | undefined;
}

/** False when the volume is not one of ours. */
export async function noteSnapshot(trx: Knex.Transaction, volumeId: string, note: SnapshotNote): Promise<boolean> {
  const createdAt = note.createdAt === 'now' ? trx.raw('now(3)') : note.createdAt;
  const both = {
    ...(createdAt === undefined ? {} : { snapshot_created_at: createdAt }),
    ...(note.status === undefined ? {} : { snapshot_status: note.status }),
  };
  const { snapshotId, name } = note;
  const ofVolume = {
    ...both,
    ...(snapshotId === undefined ? {} : { snapshot_id: snapshotId }),
    ...(name === undefined ? {} : { snapshot_name: name }),
  };
  const ofMapping = { ...both, ...(snapshotId === undefined ? {} : { ossea_snapshot_id: snapshotId }) };
  const known = await trx('ossea_volumes').where('volume_id', volumeId).forUpdate().select('id');
  if (known.length === 0) return false;
  if (note.contents !== undefined) await noteContents(trx, volumeId, note);
  if (Object.keys(ofVolume).length > 0) await trx('ossea_volumes').where('volume_id', volumeId).update(ofVolume);
  if (Object.keys(ofMapping).length > 0) await trx('device_mappings').where('volume_uuid', volumeId).update(ofMapping);
  return true;
}

/**
 * A snapshot of this name is about to be asked for: of what the volume holds now. Of the same name once more, after an
 * attempt that was not waited for to its end, it keeps what that has noted of it.
 */
export async function beginSnapshot(trx: Knex.Transaction, volumeId: string, name: string): Promise<void> {
  const [known] = await trx('ossea_volumes')
    .where('volume_id', volumeId)
    .forUpdate()
    .pluck<(string | null)[]>('snapshot_name');
  const anew = known === name ? {} : { snapshotId: null, createdAt: null };
  await noteSnapshot(trx, volumeId, { ...anew, name, status: 'creating', contents: 'as-now' });
}

/** Said again of a snapshot of the same name it changes nothing: an earlier attempt may have made it. */
async function noteContents(
  trx: Knex.Transaction,
  volumeId: string,
  { contents, name }: Pick<SnapshotNote, 'contents' | 'name'>,
): Promise<void> {
  const known = trx('vm_disks as disk')
    .whereRaw('disk.ossea_volume_id = ossea_volumes.id and disk.committed_generation = disk.target_generation')
    .whereNull('disk.dirty_since')
    .orderBy('disk.id')
    .limit(1);
  const volume = trx('ossea_volumes').where('volume_id', volumeId);
  if (contents === null) {
    await volume.update({ snapshot_generation: null, snapshot_change_id: null });
    return;
  }
  await volume.whereRaw('not (snapshot_name <=> ?)', [name ?? null]).update({
    snapshot_generation: known.clone().select('disk.committed_generation'),
    snapshot_change_id: known.clone().select('disk.disk_change_id'),
  });
}

const NONE: SnapshotNote = { snapshotId: null, name: null, createdAt: null, status: 'none', contents: null };

/**
 * The volume was set back to this snapshot. Where it is the followed one, holds what was committed, and nothing was
 * committed since, the volume is again what its changeId claims: of this generation, which nobody else has had. In any
 * other case the disk stays distrusted, also where its changes are not tracked: nothing tells two commits of it apart.
 * @returns whether the disk is trusted
 */
export async function trustReverted(trx: Knex.Transaction, volumeId: string, snapshotId: string): Promise<boolean> {
  const [volume] = await trx('ossea_volumes')
    .where({ volume_id: volumeId, snapshot_id: snapshotId })
    .whereNotNull('snapshot_generation')
    .whereNotNull('snapshot_change_id')
    .forUpdate()
    .select<{ id: number; generation: number; changeId: string }[]>({
      id: 'id',
      generation: 'snapshot_generation',
      changeId: 'snapshot_change_id',
    });
  if (volume === undefined) return false;
  const [disk] = await trx('vm_disks')
    .where({
      ossea_volume_id: volume.id,
      committed_generation: volume.generation,
      disk_change_id: volume.changeId,
    })
    .forUpdate()
    .select<{ id: number; generation: number }[]>({ id: 'id', generation: 'target_generation' });
  if (disk === undefined) return false;
  await trx('vm_disks')
    .where('id', disk.id)
    .update({ committed_generation: disk.generation, dirty_since: null, last_full_reason: null });
  // It holds for another return to the same snapshot, too.
  await trx('ossea_volumes').where('id', volume.id).update({ snapshot_generation: disk.generation });
  return true;
}

/** The snapshot is gone. One that is not the followed one changes nothing. */
export async function forgetSnapshot(trx: Knex.Transaction, volumeId: string, snapshotId: string): Promise<void> {
  const [followed] = await trx('ossea_volumes')
    .where('volume_id', volumeId)
    .forUpdate()
    .select<{ snapshot_id: string | null }[]>('snapshot_id');
  if (followed?.snapshot_id === snapshotId) await noteSnapshot(trx, volumeId, NONE);
}

/** The snapshot that a failover made of this volume, while it is the followed one. */
export async function failoverSnapshotOf(trx: Knex.Transaction, volumeId: string): Promise<string | undefined> {
  const [snapshotId] = await trx('ossea_volumes')
    .where('volume_id', volumeId)
    .whereNotNull('snapshot_id')
    .where('snapshot_name', 'like', 'multi-%-failover-%')
    .pluck<string[]>('snapshot_id');
  return snapshotId;
}

/** Follows no snapshot of this VM any more; nothing is deleted in CloudStack. @returns of how many volumes */
export async function forgetSnapshotsOf(trx: Knex.Transaction, contextId: string): Promise<number> {
  const followed = await trackedSnapshots(trx, contextId);
  for (const { volumeId } of followed) await noteSnapshot(trx, volumeId, NONE);
  return followed.length;
}

/** An operation ended in another way than by being done: what it was about to make or to set back is not. */
export async function endSnapshotWork(trx: Knex.Transaction, volumeId: string): Promise<void> {
  for (const [table, column] of [
    ['ossea_volumes', 'volume_id'],
    ['device_mappings', 'volume_uuid'],
  ] as const) {
    await trx(table)
      .where(column, volumeId)
      .whereIn('snapshot_status', ['creating', 'reverting'] satisfies SnapshotStatus[])
      .update({ snapshot_status: 'failed' satisfies SnapshotStatus });
  }
}

/** Ids of all snapshots that are followed. */
export async function followedSnapshots(db: Knex): Promise<ReadonlySet<string>> {
  return new Set(await db('ossea_volumes').whereNotNull('snapshot_id').pluck<string[]>('snapshot_id'));
}

/** Of the volumes of a VM that have one, in the order of their names. */
export async function trackedSnapshots(db: Knex, contextId: string): Promise<TrackedSnapshot[]> {
  return db('ossea_volumes as volume')
    .leftJoin('device_mappings as mapping', 'mapping.volume_uuid', 'volume.volume_id')
    .where('volume.vm_context_id', contextId)
    .whereNot('volume.snapshot_status', 'none' satisfies SnapshotStatus)
    .orderBy('volume.name')
    .select<TrackedSnapshot[]>({
      volumeId: 'volume.volume_id',
      contextId: 'volume.vm_context_id',
      devicePath: 'mapping.device_path',
      mode: 'mapping.operation_mode',
      snapshotId: 'volume.snapshot_id',
      snapshotName: 'volume.snapshot_name',
      createdAt: 'volume.snapshot_created_at',
      status: 'volume.snapshot_status',
    });
}
