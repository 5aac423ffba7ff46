import { AppError, conflict, describeError, precondition } from '../../base/errors.ts';
import { GiB, SECOND } from '../../base/units.ts';
import { attachVolume, detachVolume } from '../../cloudstack/volume-changes.ts';
import { getVolume, type Volume } from '../../cloudstack/volumes.ts';
import {
  deleteMapping,
  findMapping,
  saveMapping,
  type NewDeviceMapping,
} from '../../db/stores/device-mapping-store.ts';
import { lockVolumeRow, placeVolume } from '../../db/stores/volume-store.ts';
import type { Transaction } from '../../queues/define-job.ts';
import type { VolumeAction, VolumeResult } from '../../queues/jobs/attach-volume.ts';
import type { Device } from '../../volumes/device.ts';
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
  const mapping = newMapping(work, before);
  const known = await run.fenced((trx) => findMapping(trx, volumeId));
  const complete = before.vmId === vmId && known?.vmId === vmId && known.cloudstackState === 'attached';
  const elsewhere = before.vmId !== undefined && before.vmId !== vmId;
  // What is attached to another VM stays as it is written; attachVolume refuses it below.
  if (!complete && !elsewhere) {
    // An export from before somebody detached it by hand would keep the dead device open.
    await work.volumes.exports.drop(volumeId, run.jobId);
    await run.fenced((trx) => claimVolume(trx, work, mapping));
  }
  try {
    return await order(work, mapping);
  } catch (error) {
    if (!complete && !elsewhere && !isLeftAsItIs(error)) await rollBack(work);
    throw error;
  }
}

/**
 * The mapping is the claim of one OMA VM on the volume: two daemons that attach it at the same time meet here, and one
 * that may have an export of it lets go by detaching.
 */
async function claimVolume(trx: Transaction, { action, cloud }: AttachWork, mapping: NewDeviceMapping): Promise<void> {
  await lockVolumeRow(trx, action.volumeId);
  const known = await findMapping(trx, action.volumeId);
  const isOther = known?.mode === 'oma' && known.vmId !== action.vmId && cloud.isOma(known.vmId);
  if (!isOther) return saveMapping(trx, mapping);
  throw conflict('volume.attached-elsewhere', `volume ${action.volumeId} belongs to another OMA VM`, {
    details: { volumeId: action.volumeId, vmId: known.vmId },
    hint: 'detach it first: POST /api/v1/volumes/{id}/detach',
  });
}

async function order(work: AttachWork, mapping: NewDeviceMapping): Promise<VolumeResult> {
  const { run, action, cloud } = work;
  const { volumeId, vmId } = action;
  const { mode, sizeBytes } = mapping;
  const volume = await attachVolume(cloud.client, action, { signal: run.signal });
  const device = mode === 'oma' ? await work.volumes.device(volumeId, sizeBytes, run.signal) : null;
  await writeAttached(work, { mapping, volume, device });
  run.log.info({ volumeId, vmId, mode, device: device?.path }, 'volume attached');
  return {
    volumeId,
    devicePath: device?.path ?? null,
    deviceId: volume.deviceId ?? null,
    sizeBytes,
    warning: null,
  };
}

function newMapping({ action, cloud, row }: AttachWork, volume: Volume): NewDeviceMapping {
  const { volumeId, vmId } = action;
  // Without it every attach would look like one to a foreign VM, and no device would ever be found.
  if (cloud.omaVmIds.length === 0) {
    throw precondition('volume.no-oma-vm', 'the CloudStack configuration does not say which VM this appliance is', {
      hint: 'set oma_vm_id in the CloudStack configuration',
    });
  }
  const sizeBytes = volume.sizeBytes ?? row?.sizeBytes ?? undefined;
  if (sizeBytes === undefined || sizeBytes % GiB !== 0) {
    throw precondition('volume.size-unknown', `cloudstack does not tell the size of volume ${volumeId}`, {
      details: { volumeId, sizeBytes },
      hint: 'look at the volume in CloudStack: without its exact size the device cannot be confirmed',
    });
  }
  return {
    volumeUuid: volumeId,
    vmId,
    mode: cloud.isOma(vmId) ? 'oma' : 'failover',
    deviceId: null,
    // The column wants a value, also while there is none: one that no other volume and no device has.
    devicePath: `remote-vm-${vmId}-${volumeId}`,
    cloudstackState: 'attaching',
    linuxState: cloud.isOma(vmId) ? 'waiting' : 'n/a',
    sizeBytes,
  };
}

async function writeAttached(
  { run, action }: AttachWork,
  found: { mapping: NewDeviceMapping; volume: Volume; device: Device | null },
): Promise<void> {
  const { mapping, volume, device } = found;
  await run.fenced(async (trx) => {
    await saveMapping(trx, {
      ...mapping,
      deviceId: volume.deviceId ?? null,
      devicePath: device?.path ?? mapping.devicePath,
      cloudstackState: 'attached',
      linuxState: device === null ? 'n/a' : 'detected',
    });
    await placeVolume(trx, action.volumeId, {
      state: 'attached',
      vmId: action.vmId,
      devicePath: device?.path ?? null,
      sizeBytes: mapping.sizeBytes,
    });
  });
}

/** In other hands, later, or in the next job: what was begun is continued there and must not be taken away. */
const LEFT_AS_IT_IS: ReadonlySet<string> = new Set(['job.lease-lost', 'job.shutdown', 'job.cancelled']);

function isLeftAsItIs(error: unknown): boolean {
  return error instanceof AppError && LEFT_AS_IT_IS.has(error.code);
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
