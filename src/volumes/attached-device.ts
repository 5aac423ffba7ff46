import { conflict } from '../base/errors.ts';
import { GiB } from '../base/units.ts';
import { findMapping, type DeviceMapping } from '../db/stores/device-mapping-store.ts';
import { findVolumeRow } from '../db/stores/volume-store.ts';
import { resolveDevice, type Device } from './device.ts';
import type { ExportsDeps } from './export-deps.ts';

/** A volume that a job opens was attached before, so its device is there already or soon. */
const DEVICE_WAIT_MS = 10_000;

/**
 * The device of a volume that is attached here, found again and checked: letters change, volumes are re-plugged.
 * @throws conflict `export.not-attached`, `export.too-small`; what resolveDevice throws.
 */
export async function attachedDevice({ db, folders, ownVmId }: ExportsDeps, volumeId: string): Promise<Device> {
  const mapping = await findMapping(db, volumeId);
  const volume = await findVolumeRow(db, volumeId);
  if (mapping === undefined || volume === undefined || !isUsableAt(mapping, await ownVmId())) {
    throw conflict('export.not-attached', `volume ${volumeId} is not attached to this appliance`, {
      details: {
        volumeId,
        vmId: mapping?.vmId ?? null,
        mode: mapping?.mode ?? null,
        state: mapping?.cloudstackState ?? null,
      },
      hint: 'attach it to the appliance first: POST /api/v1/volumes/{id}/attach',
    });
  }
  const device = await resolveDevice({
    ...folders,
    volumeUuid: volumeId,
    expectedBytes: mapping.sizeBytes,
    timeoutMs: DEVICE_WAIT_MS,
  });
  if (device.sizeBytes >= volume.sizeGb * GiB) return device;
  throw conflict('export.too-small', `${device.path} is smaller than the ${volume.sizeGb} GiB of volume ${volumeId}`, {
    details: { volumeId, sizeBytes: device.sizeBytes, sizeGb: volume.sizeGb },
    hint: 'the row of the volume and CloudStack disagree about its size: correct it before copying',
  });
}

/** @param own the OMA VM of this daemon; undefined: there is none, and all are here */
const isUsableAt = ({ mode, vmId, cloudstackState, linuxState }: DeviceMapping, own: string | undefined): boolean =>
  mode === 'oma' && vmId === (own ?? vmId) && cloudstackState === 'attached' && linuxState !== 'waiting';
