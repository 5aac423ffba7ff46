import { z } from 'zod';
import { conflict, notFound, precondition } from '../../base/errors.ts';
import { wholeGiB } from '../../base/units.ts';
import { revertSnapshot } from '../../cloudstack/snapshot-changes.ts';
import { findSnapshot } from '../../cloudstack/snapshots.ts';
import { getVolume } from '../../cloudstack/volumes.ts';
import { noteSnapshot, trustReverted } from '../../db/stores/volume-snapshot-store.ts';
import { distrustContents, growVolumeRow } from '../../db/stores/volume-store.ts';
import type { VolumeAction, VolumeResult } from '../../queues/jobs/attach-volume.ts';
import { resultAt, whereabouts, whileAway } from './away.ts';
import type { VolumeWork } from './index.ts';
import { once, outputOf } from './once.ts';
import { ours } from './ours.ts';

type RevertWork = VolumeWork<VolumeAction & { action: 'revert' }>;

const STEP = { name: 'revert', output: z.object({ sizeBytes: z.int().nullable() }) };

/**
 * Sets one volume of ours back to a snapshot of it. Attached here it is detached for it and attached again, with its
 * device found anew; attached to another VM that VM must be stopped. It may be smaller afterwards. From before the
 * order on, its disk is distrusted: nothing that was known of its contents holds. Trusted again it is only when the
 * order has succeeded, the snapshot is known to hold the last commit, and no other VM has the volume. Once it is done it
 * is not done again by another attempt, because somebody may have written since.
 * @throws conflict `export.in-use`, `volume.other-snapshot`; not-found `volume.unknown`, `volume.snapshot-unknown`;
 * precondition `volume.not-revertable`; what CloudStack refuses
 */
export async function revert(work: RevertWork): Promise<VolumeResult> {
  const { run, action } = work;
  const { volumeId, snapshotId } = action;
  ours(work, volumeId);
  const found = await whereabouts(work, volumeId);
  const isDone = (await outputOf(run, STEP)) !== undefined;
  if (isDone && found.isSettled) return { ...resultAt(found), snapshotId };
  if (!isDone) await refuseOther(work);
  await work.volumes.exports.drop(volumeId, run.jobId);
  if (found.isHere) {
    const place = await whileAway(work, found, () => setBack(work, true));
    return { ...place, snapshotId };
  }
  await setBack(work, found.vmId === undefined);
  return { ...resultAt(await whereabouts(work, volumeId)), snapshotId };
}

/** Looked at before anything is detached. */
async function refuseOther({ run, action, cloud }: RevertWork): Promise<void> {
  const { volumeId, snapshotId } = action;
  const details = { volumeId, snapshotId };
  const snapshot = await findSnapshot(cloud.client, snapshotId, { signal: run.signal });
  if (snapshot === undefined) {
    throw notFound('volume.snapshot-unknown', `snapshot ${snapshotId} does not exist in cloudstack`, {
      details,
      hint: 'GET /api/v1/volumes/{id}/snapshots tells which there are',
    });
  }
  if (snapshot.volumeId !== volumeId) {
    throw conflict('volume.other-snapshot', `snapshot ${snapshotId} is not of volume ${volumeId}`, {
      details: { ...details, snapshotVolumeId: snapshot.volumeId },
      hint: 'GET /api/v1/volumes/{id}/snapshots tells which are',
    });
  }
  if (snapshot.isRevertable === false) {
    throw precondition('volume.not-revertable', `cloudstack cannot set a volume back to snapshot ${snapshotId}`, {
      details,
      hint: 'its storage does not support that: make a new volume from the snapshot in CloudStack',
    });
  }
}

/** @param isOurs no other VM can write to the volume */
async function setBack({ run, action, cloud }: RevertWork, isOurs: boolean): Promise<void> {
  const { volumeId, snapshotId } = action;
  await once(run, {
    ...STEP,
    async act() {
      await run.fenced(async (trx) => {
        await distrustContents(trx, volumeId, `set back to snapshot ${snapshotId}`);
        await noteSnapshot(trx, volumeId, { snapshotId, status: 'reverting' });
      });
      await revertSnapshot(cloud.client, { volumeId, snapshotId }, { signal: run.signal });
      const { sizeBytes } = await getVolume(cloud.client, volumeId, { signal: run.signal });
      run.log.info({ volumeId, snapshotId, sizeBytes }, 'volume set back');
      return { sizeBytes: sizeBytes ?? null };
    },
    async rows(trx, { sizeBytes }) {
      await noteSnapshot(trx, volumeId, { status: 'rollback_complete' });
      const isTrusted = isOurs && (await trustReverted(trx, volumeId, snapshotId));
      run.log.info({ volumeId, snapshotId, isTrusted }, 'contents judged after the revert');
      if (sizeBytes === null) return;
      const reason = `set back to snapshot ${snapshotId}`;
      await growVolumeRow(trx, volumeId, { sizeBytes, sizeGb: wholeGiB(sizeBytes), reason });
    },
  });
}
