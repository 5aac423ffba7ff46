import { AppError, conflict } from '../../base/errors.ts';
import { deleteSnapshot } from '../../cloudstack/snapshot-changes.ts';
import { deleteVolume, detachVolume } from '../../cloudstack/volume-changes.ts';
import { findVolume, type Volume } from '../../cloudstack/volumes.ts';
import { deleteMapping, findMapping } from '../../db/stores/device-mapping-store.ts';
import { failoverSnapshotOf } from '../../db/stores/volume-snapshot-store.ts';
import { deleteVolumeRow } from '../../db/stores/volume-store.ts';
import type { VolumeAction, VolumeResult } from '../../queues/jobs/attach-volume.ts';
import { writeDetached } from './detach.ts';
import type { VolumeWork } from './index.ts';
import { ours } from './ours.ts';

type DeleteWork = VolumeWork<VolumeAction & { action: 'delete' }>;

/**
 * Deletes one of our volumes for good. It is detached first only from this appliance: what a VM runs on is never
 * touched. When CloudStack says that it is attached all the same, the row stays and the job ends with a warning. A snapshot
 * that a failover left goes with it; one that a person made stays.
 * @throws not-found `volume.unknown`; conflict `export.in-use`, `volume.attached-elsewhere`.
 */
export async function remove(work: DeleteWork): Promise<VolumeResult> {
  const { run, action, cloud } = work;
  const { volumeId } = action;
  const volume = await findVolume(cloud.client, volumeId, { signal: run.signal });
  if (volume !== undefined) ours(work, volumeId);
  await work.volumes.exports.release(volumeId, run.jobId);
  if (volume?.vmId !== undefined) await takeOff(work, volume);
  try {
    await deleteVolume(cloud.client, { volumeId }, { signal: run.signal });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'cloudstack.volume-attached') throw error;
    run.log.warn({ volumeId, reason: error.message }, 'cloudstack refused to delete an attached volume');
    return resultOf(volumeId, `not deleted: ${error.message}`);
  }
  // Only now: up to here CloudStack may have refused, and the volume without it is not what was committed.
  await work.volumes.exports.forget(volumeId);
  // CloudStack keeps snapshots of volumes that are gone: nobody would ever ask for this one again.
  const snapshotId = await run.fenced((trx) => failoverSnapshotOf(trx, volumeId));
  if (snapshotId !== undefined) await deleteSnapshot(cloud.client, { snapshotId }, { signal: run.signal });
  await run.fenced(async (trx) => {
    await deleteMapping(trx, volumeId);
    await deleteVolumeRow(trx, volumeId);
  });
  run.log.info({ volumeId }, 'volume deleted');
  return resultOf(volumeId, null);
}

async function takeOff(work: DeleteWork, volume: Volume): Promise<void> {
  const { run, cloud } = work;
  const mapping = await run.fenced((trx) => findMapping(trx, volume.id));
  const ours = mapping?.mode === 'oma' && volume.vmId !== undefined && cloud.isOma(volume.vmId);
  if (!ours) {
    throw conflict('volume.attached-elsewhere', `volume ${volume.id} is attached to VM ${volume.vmName ?? ''}`.trim(), {
      details: { volumeId: volume.id, vmId: volume.vmId, mode: mapping?.mode ?? null },
      hint: 'detach it there first; nothing was deleted',
    });
  }
  await detachVolume(cloud.client, { volumeId: volume.id, vmId: volume.vmId }, { signal: run.signal });
  await writeDetached(work, volume.id);
}

const resultOf = (volumeId: string, warning: string | null): VolumeResult => ({
  volumeId,
  devicePath: null,
  deviceId: null,
  sizeBytes: null,
  warning,
});
