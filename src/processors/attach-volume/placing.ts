import { AppError, precondition } from '../../base/errors.ts';
import { GiB } from '../../base/units.ts';
import { attachVolume } from '../../cloudstack/volume-changes.ts';
import type { Volume } from '../../cloudstack/volumes.ts';
import { saveMapping, type NewDeviceMapping } from '../../db/stores/device-mapping-store.ts';
import { placeVolume } from '../../db/stores/volume-store.ts';
import type { VolumeResult } from '../../queues/jobs/attach-volume.ts';
import type { Device } from '../../volumes/device.ts';
import type { VolumeWork } from './index.ts';

/** How a volume gets to a VM: what is written before the order, the order, and what is written after it. */

/** The mapping of a volume whose attach is about to be ordered. @throws precondition `volume.no-oma-vm`, `volume.size-unknown` */
export function mappingFor({ cloud, row }: VolumeWork, vmId: string, volume: Volume): NewDeviceMapping {
  const volumeId = volume.id;
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

/** Attaches as the mapping says, which is written down already, and completes it. @throws what CloudStack refuses, `volume.device-*` */
export async function orderAttach(
  work: VolumeWork,
  { mapping, deviceId }: { readonly mapping: NewDeviceMapping; readonly deviceId?: number | undefined },
): Promise<VolumeResult> {
  const { run, cloud } = work;
  const { volumeUuid: volumeId, vmId, mode, sizeBytes } = mapping;
  const volume = await attachVolume(cloud.client, { volumeId, vmId, deviceId }, { signal: run.signal });
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

async function writeAttached(
  { run }: VolumeWork,
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
    await placeVolume(trx, volume.id, {
      state: 'attached',
      vmId: mapping.vmId,
      devicePath: device?.path ?? null,
      sizeBytes: mapping.sizeBytes,
    });
  });
}

/** In other hands, later, or in the next job: what was begun is continued there and must not be taken away. */
const LEFT_AS_IT_IS: ReadonlySet<string> = new Set(['job.lease-lost', 'job.shutdown', 'job.cancelled']);

export function isLeftAsItIs(error: unknown): boolean {
  return error instanceof AppError && LEFT_AS_IT_IS.has(error.code);
}
