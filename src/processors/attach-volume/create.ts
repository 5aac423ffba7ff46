import { conflict } from '../../base/errors.ts';
import { GiB, wholeGiB } from '../../base/units.ts';
import { createVolume } from '../../cloudstack/volume-creation.ts';
import { findVolumeRow, insertVolume, placeVolume } from '../../db/stores/volume-store.ts';
import type { VolumeAction, VolumeResult } from '../../queues/jobs/attach-volume.ts';
import { customIdOf } from './custom-id.ts';
import type { VolumeWork } from './index.ts';

/**
 * The volume with this name, found or made. The row of the ledger and of the operation, which name it, are there before
 * CloudStack is asked; ossea_volumes needs the id that CloudStack gives, and gets it before the wait for the job begins.
 * A lost answer is found again by the name; a key that may choose ids rules out a second volume altogether.
 */
export async function create(work: VolumeWork<VolumeAction & { action: 'create' }>): Promise<VolumeResult> {
  const { run, action, cloud } = work;
  const remember = (volumeId: string, sizeGb: number): Promise<void> =>
    run.fenced(async (trx) => {
      const known = await findVolumeRow(trx, volumeId);
      if (known !== undefined && known.contextId !== action.contextId) throw otherContext(action.name, volumeId);
      const { name, diskOfferingId, zoneId, contextId } = action;
      await insertVolume(trx, { volumeId, contextId, name, sizeGb, diskOfferingId, zoneId, configId: cloud.configId });
    });
  const customId = await customIdOf(cloud.client, run.jobId, run.signal);
  const volume = await createVolume(
    cloud.client,
    {
      customId,
      name: action.name,
      zoneId: action.zoneId,
      diskOfferingId: action.diskOfferingId,
      sizeBytes: action.sizeGb * GiB,
      mayBeAttachedTo: cloud.omaVmIds,
    },
    {
      signal: run.signal,
      onSubmitted: async ({ id }) => {
        if (id !== undefined) await remember(id, action.sizeGb);
      },
    },
  );
  await remember(volume.id, volume.sizeBytes === undefined ? action.sizeGb : wholeGiB(volume.sizeBytes));
  await run.fenced(async (trx) => {
    // Attached already: an earlier attach has written that down, and the next one looks at it.
    if (volume.vmId !== undefined) return;
    const place = { state: 'detached', vmId: null, devicePath: null, sizeBytes: volume.sizeBytes } as const;
    await placeVolume(trx, volume.id, place);
  });
  run.log.info({ volumeId: volume.id, name: volume.name, sizeBytes: volume.sizeBytes }, 'volume is there');
  return {
    volumeId: volume.id,
    devicePath: null,
    deviceId: null,
    sizeBytes: volume.sizeBytes ?? null,
    warning: null,
  };
}

function otherContext(name: string, volumeId: string): Error {
  return conflict('volume.other-context', `the volume named ${name} belongs to another VM`, {
    details: { name, volumeId },
    hint: 'names of volumes are unique per VM and disk: choose another one',
  });
}
