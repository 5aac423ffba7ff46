import { AppError, conflict, describeError, precondition } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import { detachVolume } from '../../cloudstack/volume-changes.ts';
import { getVolume } from '../../cloudstack/volumes.ts';
import {
  deleteMapping,
  findMapping,
  saveMapping,
  type NewDeviceMapping,
} from '../../db/stores/device-mapping-store.ts';
import { distrustContents, lockVolumeRow, markExported, placeVolume } from '../../db/stores/volume-store.ts';
import type { Transaction } from '../../queues/define-job.ts';
import type { VolumeAction, VolumeResult } from '../../queues/jobs/attach-volume.ts';
import { isLeftAsItIs, mappingFor, orderAttach } from './placing.ts';
import type { VolumeWork } from './index.ts';

type AttachWork = VolumeWork<VolumeAction & { action: 'attach' }>;

/** Less than stopsWithinMs of the contract. */
const ROLL_BACK_MS = 50 * SECOND;

/**
 * Attaches to the appliance (mode oma: with its Linux device) or to any other VM (mode failover). The mapping is written
 * before the order, as `attaching`; whatever fails after the order is taken back by detaching. A cancel takes nothing
 * back: somebody waits for the end, CloudStack may need minutes for an order that it has begun, and the next action on
 * this volume finds `attaching` and what became of it.
 */
export async function attach(work: AttachWork): Promise<VolumeResult> {
  const { run, action, cloud } = work;
  const { volumeId, vmId } = action;
  const before = await getVolume(cloud.client, volumeId, { signal: run.signal });
  const mapping = mappingFor(work, vmId, before);
  const known = await run.fenced((trx) => findMapping(trx, volumeId));
  const complete = before.vmId === vmId && known?.vmId === vmId && known.cloudstackState === 'attached';
  const elsewhere = before.vmId !== undefined && before.vmId !== vmId;
  // What is attached to another VM stays as it is written; attachVolume refuses it below.
  if (!complete && !elsewhere) {
    // An export from before somebody detached it by hand would keep the dead device open. What was committed above the
    // volume is merged once its device is there again.
    await work.volumes.exports.cut(volumeId, run.jobId);
    if (mapping.mode === 'failover') await work.volumes.exports.assertBare(volumeId, run.jobId);
    await run.fenced((trx) => claimVolume(trx, work, { mapping, isThereVmId: before.vmId }));
  }
  try {
    return await orderAttach(work, { mapping, deviceId: action.deviceId });
  } catch (error) {
    if (!complete && !elsewhere && !isLeftAsItIs(error)) await rollBack(work);
    throw mapping.mode === 'oma' ? finalWhereFull(error, vmId) : error;
  }
}

/**
 * The mapping is the claim of one OMA VM on the volume: two daemons that attach it at the same time meet here, and one
 * that may have an export of it lets go by detaching.
 */
async function claimVolume(
  trx: Transaction,
  { action, cloud }: AttachWork,
  { mapping, isThereVmId }: { readonly mapping: NewDeviceMapping; readonly isThereVmId: string | undefined },
): Promise<void> {
  await lockVolumeRow(trx, action.volumeId);
  const known = await findMapping(trx, action.volumeId);
  const isOther = known?.mode === 'oma' && known.vmId !== action.vmId && cloud.isOma(known.vmId);
  if (!isOther) {
    // From now on that VM may write to it: what the last commit says of its contents, or of its being empty, ends here.
    if (mapping.mode === 'failover') {
      await markExported(trx, action.volumeId);
      await distrustContents(trx, action.volumeId, `attached to VM ${action.vmId}`);
    }
    // Somebody took it off and may have had it elsewhere since, or an order of ours died after it had its effect.
    if (known?.cloudstackState === 'attached' && known.mode === 'oma' && isThereVmId !== known.vmId) {
      await distrustContents(trx, action.volumeId, 'it was detached, and not by us');
    }
    return saveMapping(trx, mapping);
  }
  throw conflict('volume.attached-elsewhere', `volume ${action.volumeId} belongs to another OMA VM`, {
    details: { volumeId: action.volumeId, vmId: known.vmId },
    hint: 'detach it first: POST /api/v1/volumes/{id}/detach',
  });
}

/** Who waits for a place at an OMA VM waits in its line, not with an order that tries again and again. */
function finalWhereFull(error: unknown, vmId: string): unknown {
  if (!(error instanceof AppError) || error.code !== 'cloudstack.no-device-slot') return error;
  return precondition('volume.no-slot', `the OMA VM takes no more data disks: ${error.message}`, {
    cause: error,
    hint: 'detach volumes that are idle from it: GET /api/v1/attach-slots shows what it has',
    details: { ...error.details, vmId },
  });
}

/** Best effort: what it cannot undo stays written as `attaching`, for the next attempt and for people. */
async function rollBack({ run, action, cloud }: AttachWork): Promise<void> {
  const { volumeId, vmId } = action;
  try {
    // The run's own signal may have aborted: this is what has to happen then.
    const signal = AbortSignal.timeout(ROLL_BACK_MS);
    await detachVolume(cloud.client, { volumeId, vmId }, { signal, timeoutMs: ROLL_BACK_MS });
    await run.fenced(async (trx) => {
      await deleteMapping(trx, volumeId);
      await placeVolume(trx, volumeId, { state: 'detached', vmId: null, devicePath: null });
    });
    run.log.warn({ volumeId, vmId }, 'attach taken back');
  } catch (error) {
    run.log.error({ volumeId, vmId, error: describeError(error) }, 'attach could not be taken back');
  }
}
