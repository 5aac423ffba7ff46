import { precondition } from '../../base/errors.ts';
import type { Knex } from '../knex.ts';

/**
 * Rows of volume_overlays: what lies above a volume. filling: a cycle writes it, and the volume itself is the last
 * committed point. sealed, merging: it was committed, and the volume with it above is. At most one per volume.
 */

export interface OverlayRecord {
  readonly volumeId: string;
  /** Of this very file: another file of the same cycle has another one. */
  readonly overlayId: string;
  readonly jobId: string;
  /** What the cycle copies onto what, in the words of its worker. */
  readonly key: string;
  /** The folder that the file lies in, wherever that is mounted. */
  readonly storeId: string;
  readonly path: string;
  /** Bytes on its file system that are spoken for. */
  readonly reservedBytes: number;
  readonly state: 'filling' | 'sealed' | 'merging';
}

const COLUMNS = {
  volumeId: 'volume_id',
  overlayId: 'overlay_id',
  jobId: 'job_id',
  key: 'overlay_key',
  storeId: 'store_id',
  path: 'path',
  reservedBytes: 'reserved_bytes',
  state: 'state',
} as const;

const toRecord = (row: OverlayRecord): OverlayRecord => ({ ...row, reservedBytes: Number(row.reservedBytes) });

export async function findOverlay(db: Knex, volumeId: string): Promise<OverlayRecord | undefined> {
  const rows = await db('volume_overlays').where('volume_id', volumeId).select<OverlayRecord[]>(COLUMNS);
  return rows.map(toRecord)[0];
}

export async function listOverlays(db: Knex, storeId?: string): Promise<OverlayRecord[]> {
  const query = db('volume_overlays').select<OverlayRecord[]>(COLUMNS).orderBy('created_at');
  if (storeId !== undefined) void query.where('store_id', storeId);
  return (await query).map(toRecord);
}

/** Before the file is made. Fails where the volume has one already. */
export async function insertOverlay(db: Knex, overlay: Omit<OverlayRecord, 'state'>): Promise<void> {
  const { volumeId, overlayId, jobId, key, storeId, path, reservedBytes } = overlay;
  await db('volume_overlays').insert({
    volume_id: volumeId,
    overlay_id: overlayId,
    job_id: jobId,
    overlay_key: key,
    store_id: storeId,
    path,
    reserved_bytes: reservedBytes,
  });
}

type Which = Pick<OverlayRecord, 'volumeId' | 'overlayId'>;

const where = ({ volumeId, overlayId }: Which): Record<string, string> => ({
  volume_id: volumeId,
  overlay_id: overlayId,
});

/**
 * Forgets an overlay that was never committed. Sealing and this exclude each other in the database, whoever decides
 * on what he saw before: what was sealed meanwhile stays.
 * @returns whether it is forgotten; only then the file may go
 */
export async function deleteFilling(db: Knex, overlay: Which): Promise<boolean> {
  return (await db('volume_overlays').where(where(overlay)).where('state', 'filling').delete()) > 0;
}

/** Forgets an overlay that is merged and flushed. */
export async function deleteMerged(db: Knex, overlay: Which): Promise<void> {
  await db('volume_overlays').where(where(overlay)).where('state', 'merging').delete();
}

/**
 * Forgets an overlay that held a part of the last committed point and is lost: its disk is copied in full before
 * anybody believes the volume again.
 */
export async function forgetCommitted(trx: Knex.Transaction, overlay: Which, reason: string): Promise<void> {
  await trx('vm_disks')
    .whereIn('ossea_volume_id', trx('ossea_volumes').where('volume_id', overlay.volumeId).select('id'))
    .update({ target_generation: trx.raw('target_generation + 1'), last_full_reason: reason });
  await trx('volume_overlays').where(where(overlay)).delete();
}

/** From now on what is above is being written into the volume; it may be begun any number of times. */
export async function markMerging(db: Knex, overlay: Which): Promise<void> {
  await db('volume_overlays')
    .where(where(overlay))
    .whereIn('state', ['sealed', 'merging'])
    .update({ state: 'merging' });
}

/**
 * Makes the overlays of a cycle part of the committed point, in the transaction that stores its changeIds.
 * @throws precondition `replication.overlay-gone`: one of them is not the one that was written; nothing may be committed
 */
export async function sealOverlays(trx: Knex.Transaction, jobId: string, overlayIds: readonly string[]): Promise<void> {
  for (const overlayId of overlayIds) {
    const sealed = await trx('volume_overlays')
      .where({ overlay_id: overlayId, job_id: jobId, state: 'filling' })
      .update({ state: 'sealed', sealed_at: trx.fn.now(6) });
    if (sealed === 1) continue;
    throw precondition('replication.overlay-gone', `overlay ${overlayId} of job ${jobId} was taken away`, {
      details: { jobId, overlayId },
      hint: 'somebody detached or reset the volume between the copy and its commit: start the replication again',
    });
  }
}
