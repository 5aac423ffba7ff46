import { conflict } from '../../base/errors.ts';
import { detachVolume } from '../../cloudstack/volume-changes.ts';
import { findVolume } from '../../cloudstack/volumes.ts';
import { deleteMapping, findMapping } from '../../db/stores/device-mapping-store.ts';
import { placeVolume } from '../../db/stores/volume-store.ts';
import type { VolumeAction, VolumeResult } from '../../queues/jobs/attach-volume.ts';
import type { VolumeWork } from './index.ts';

/**
 * Takes the volume off the VM that our mapping names. Its export goes first, so that no write is under way when the
 * device vanishes. @throws conflict `export.in-use` (a job writes to it), `volume.unknown` (not ours),
 * `cloudstack.volume-attached` (to another VM than we wrote down).
 */
export async function detach(work: VolumeWork<VolumeAction & { action: 'detach' }>): Promise<VolumeResult> {
  const { run, action, cloud } = work;
  const { volumeId } = action;
  const mapping = await run.fenced((trx) => findMapping(trx, volumeId));
  await work.volumes.exports.drop(volumeId, run.jobId);
  const volume = await findVolume(cloud.client, volumeId, { signal: run.signal });
  const vmId = mapping?.vmId ?? (work.row === undefined ? undefined : volume?.vmId);
  if (volume?.vmId !== undefined && vmId === undefined) {
    throw conflict('volume.unknown', `volume ${volumeId} is not one of this installation`, {
      details: { volumeId, vmId: volume.vmId },
      hint: 'detach it in CloudStack',
    });
  }
  if (volume !== undefined && vmId !== undefined) {
    await detachVolume(cloud.client, { volumeId, vmId }, { signal: run.signal });
  }
  await writeDetached(work, volumeId);
  run.log.info({ volumeId, vmId }, 'volume detached');
  return {
    volumeId,
    devicePath: null,
    deviceId: null,
    sizeBytes: volume?.sizeBytes ?? null,
    warning: volume === undefined ? `volume ${volumeId} does not exist in CloudStack` : null,
  };
}

export async function writeDetached({ run }: Pick<VolumeWork, 'run'>, volumeId: string): Promise<void> {
  await run.fenced(async (trx) => {
    await deleteMapping(trx, volumeId);
    await placeVolume(trx, volumeId, { state: 'detached', vmId: null, devicePath: null });
  });
}
