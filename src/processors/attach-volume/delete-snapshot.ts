import { conflict } from '../../base/errors.ts';
import { deleteSnapshot } from '../../cloudstack/snapshot-changes.ts';
import { findSnapshot } from '../../cloudstack/snapshots.ts';
import { forgetSnapshot } from '../../db/stores/volume-snapshot-store.ts';
import type { VolumeAction, VolumeResult } from '../../queues/jobs/attach-volume.ts';
import type { VolumeWork } from './index.ts';
import { ours } from './ours.ts';

/**
 * Deletes a snapshot of one of our volumes for good; one that is gone is a success. The volume stays as it is.
 * @throws not-found `volume.unknown`; conflict `volume.other-snapshot`; what CloudStack refuses
 */
export async function removeSnapshot(
  work: VolumeWork<VolumeAction & { action: 'delete-snapshot' }>,
): Promise<VolumeResult> {
  const { run, action, cloud } = work;
  const { volumeId, snapshotId } = action;
  const row = ours(work, volumeId);
  const found = await findSnapshot(cloud.client, snapshotId, { signal: run.signal });
  if (found !== undefined && found.volumeId !== volumeId) {
    throw conflict('volume.other-snapshot', `snapshot ${snapshotId} is not of volume ${volumeId}`, {
      details: { volumeId, snapshotId, snapshotVolumeId: found.volumeId },
      hint: 'GET /api/v1/volumes/{id}/snapshots tells which are',
    });
  }
  await deleteSnapshot(cloud.client, { snapshotId }, { signal: run.signal });
  await run.fenced((trx) => forgetSnapshot(trx, volumeId, snapshotId));
  run.log.info({ volumeId, snapshotId }, 'snapshot deleted');
  return { volumeId, devicePath: row.devicePath, deviceId: null, sizeBytes: row.sizeBytes, warning: null, snapshotId };
}
