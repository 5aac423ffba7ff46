import { sleep } from '../../base/clock.ts';
import { toAppError, upstream } from '../../base/errors.ts';
import { GiB, SECOND, wholeGiB } from '../../base/units.ts';
import { resizeVolume } from '../../cloudstack/volume-changes.ts';
import { getVolume, type Volume } from '../../cloudstack/volumes.ts';
import { saveMapping } from '../../db/stores/device-mapping-store.ts';
import { growVolumeRow } from '../../db/stores/volume-store.ts';
import type { VolumeAction, VolumeResult } from '../../queues/jobs/attach-volume.ts';
import { resultAt, whereabouts, whileAway, type Whereabouts } from './away.ts';
import type { VolumeWork } from './index.ts';
import { ours } from './ours.ts';
import { mappingFor, orderAttach } from './placing.ts';

type ResizeWork = VolumeWork<VolumeAction & { action: 'resize' }>;

/** How long a guest may take to notice that a disk of its has grown. */
const NOTICED_WITHIN_MS = 10 * SECOND;
const LOOK_EVERY_MS = 500;

/**
 * Grows a volume of ours to at least so many GiB, and never shrinks one. The export goes first: nobody has a device open
 * whose size changes. Attached here it grows where it is, if CloudStack and the guest can do that, and is detached for it
 * if not. What was known of its contents ends with its size: the disk's next copy is of all of it.
 * @throws conflict `export.in-use`; not-found `volume.unknown`; what CloudStack refuses, `volume.device-*`
 */
export async function resize(work: ResizeWork): Promise<VolumeResult> {
  const { run, action } = work;
  const { volumeId } = action;
  ours(work, volumeId);
  const before = await whereabouts(work, volumeId);
  if (isDone(work, before)) return resultAt(before);
  await work.volumes.exports.drop(volumeId, run.jobId);
  const after = await grow(work, before);
  const { sizeBytes } = after;
  if (sizeBytes === undefined) {
    throw upstream('volume.size-unknown', `cloudstack does not tell the size of volume ${volumeId}`, {
      details: { volumeId },
      hint: 'look at the volume in CloudStack: without its exact size the device cannot be confirmed',
    });
  }
  const sizeGb = wholeGiB(sizeBytes);
  await run.fenced((trx) => growVolumeRow(trx, volumeId, { sizeBytes, sizeGb, reason: `resized to ${sizeGb} GiB` }));
  run.log.info({ volumeId, sizeBytes }, 'volume resized');
  return before.isHere ? seenHere(work, { ...before, volume: after }) : resultAt({ ...before, volume: after });
}

/** Nothing to order, and cloud, rows and device agree: then not even the export is touched. */
function isDone({ action, row }: ResizeWork, { volume, isSettled }: Whereabouts): boolean {
  const isLarge = volume.sizeBytes !== undefined && volume.sizeBytes >= action.sizeGb * GiB;
  return isLarge && isSettled && row?.sizeGb === wholeGiB(volume.sizeBytes);
}

async function grow(work: ResizeWork, before: Whereabouts): Promise<Volume> {
  const { run, action, cloud } = work;
  const { volume, isHere } = before;
  const order = (): Promise<Volume> =>
    resizeVolume(cloud.client, { volumeId: volume.id, sizeBytes: action.sizeGb * GiB }, { signal: run.signal });
  try {
    return await order();
  } catch (error) {
    if (!isHere || !WHILE_ATTACHED.has(toAppError(error).code)) throw error;
    run.log.info({ volumeId: volume.id, reason: toAppError(error).message }, 'resized while detached');
    await whileAway(work, before, async () => void (await order()));
    return getVolume(cloud.client, volume.id, { signal: run.signal });
  }
}

/** Refusals that may be owed to the volume being attached to a VM that runs: by storage and version. */
const WHILE_ATTACHED: ReadonlySet<string> = new Set([
  'cloudstack.vm-state',
  'cloudstack.refused',
  'cloudstack.volume-attached',
]);

/** The device with its new size; a guest that has not noticed it gets the volume plugged in anew. */
async function seenHere(work: ResizeWork, place: Whereabouts): Promise<VolumeResult> {
  const { run } = work;
  const { volume, vmId = '' } = place;
  const mapping = mappingFor(work, vmId, volume);
  await run.fenced((trx) => saveMapping(trx, mapping));
  const deadline = performance.now() + NOTICED_WITHIN_MS;
  for (;;) {
    try {
      return await orderAttach(work, { mapping });
    } catch (error) {
      if (toAppError(error).code !== 'volume.device-size') throw error;
      if (performance.now() >= deadline) break;
      await sleep(LOOK_EVERY_MS, run.signal);
    }
  }
  run.log.info({ volumeId: volume.id }, 'the new size was not noticed: plugged in anew');
  return whileAway(work, place, () => Promise.resolve());
}
