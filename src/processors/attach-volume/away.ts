import { describeError } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import { detachVolume } from '../../cloudstack/volume-changes.ts';
import { getVolume, type Volume } from '../../cloudstack/volumes.ts';
import {
  findMapping,
  saveMapping,
  type DeviceMapping,
  type NewDeviceMapping,
} from '../../db/stores/device-mapping-store.ts';
import { placeVolume } from '../../db/stores/volume-store.ts';
import type { VolumeResult } from '../../queues/jobs/attach-volume.ts';
import type { VolumeWork } from './index.ts';
import { isLeftAsItIs, mappingFor, orderAttach } from './placing.ts';

/**
 * A volume that has to leave this appliance for a while. Before it leaves, its mapping is written as `attaching`: that
 * is where it belongs, and whoever finds it so after a crash, a cancel or a failure attaches it again.
 */

/** Less than stopsWithinMs of the contract. */
const PUT_BACK_MS = 50 * SECOND;

export interface Whereabouts {
  readonly volume: Volume;
  readonly mapping: DeviceMapping | undefined;
  /** It is attached to an appliance, or was to be when somebody died or gave up; which one that is. */
  readonly isHere: boolean;
  readonly vmId: string | undefined;
  /** Cloud and rows say the same, and nothing is left to be done about where it is. */
  readonly isSettled: boolean;
}

/** The volume as cloud and rows have it. Where it is attached the cloud decides. */
export async function whereabouts({ run, cloud }: VolumeWork, volumeId: string): Promise<Whereabouts> {
  const volume = await getVolume(cloud.client, volumeId, { signal: run.signal });
  const mapping = await run.fenced((trx) => findMapping(trx, volumeId));
  const returns = mapping?.cloudstackState === 'attaching' ? mapping.vmId : undefined;
  const vmId = volume.vmId ?? returns;
  const isHere = vmId !== undefined && cloud.isOma(vmId);
  const isWhole = mapping?.cloudstackState === 'attached' && mapping.sizeBytes === volume.sizeBytes;
  return { volume, mapping, isHere, vmId, isSettled: !isHere || (isWhole && volume.vmId === mapping.vmId) };
}

/** For a volume that is where it was. */
export const resultAt = ({ volume, mapping }: Whereabouts): VolumeResult => ({
  volumeId: volume.id,
  devicePath: mapping?.mode === 'oma' ? mapping.devicePath : null,
  deviceId: volume.deviceId ?? null,
  sizeBytes: volume.sizeBytes ?? null,
  warning: null,
});

/**
 * Detaches the volume from this appliance, has `act` done, and attaches it again, as large as it is by then. The caller
 * has dropped the export. A failure of `act` brings the volume back, too, as far as that can be had.
 */
export async function whileAway(
  work: VolumeWork,
  { volume, vmId = '' }: Pick<Whereabouts, 'volume' | 'vmId'>,
  act: () => Promise<void>,
): Promise<VolumeResult> {
  const { run, cloud } = work;
  const mapping = mappingFor(work, vmId, volume);
  await run.fenced(async (trx) => {
    await saveMapping(trx, mapping);
    await placeVolume(trx, volume.id, { state: 'detached', vmId: null, devicePath: null });
  });
  try {
    await detachVolume(cloud.client, { volumeId: volume.id, vmId }, { signal: run.signal });
    await act();
  } catch (error) {
    if (!isLeftAsItIs(error)) await tryToPutBack(work, mapping);
    throw error;
  }
  return putBack(work, mapping, run.signal);
}

async function putBack(work: VolumeWork, before: NewDeviceMapping, signal: AbortSignal): Promise<VolumeResult> {
  const { run, cloud } = work;
  const volume = await getVolume(cloud.client, before.volumeUuid, { signal });
  const mapping = mappingFor(work, before.vmId, volume);
  await run.fenced((trx) => saveMapping(trx, mapping));
  return orderAttach({ ...work, run: { ...run, signal } }, { mapping });
}

/** Best effort: what it cannot bring back stays written as `attaching`, for the next attempt and for people. */
async function tryToPutBack(work: VolumeWork, before: NewDeviceMapping): Promise<void> {
  try {
    await putBack(work, before, AbortSignal.any([work.run.signal, AbortSignal.timeout(PUT_BACK_MS)]));
  } catch (error) {
    work.run.log.error({ volumeId: before.volumeUuid, error: describeError(error) }, 'volume not attached again');
  }
}
