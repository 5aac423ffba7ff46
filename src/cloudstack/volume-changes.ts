import { GiB, MINUTE, wholeGiB } from '../base/units.ts';
import { bringAbout, type ChangeOptions } from './bring-about.ts';
import type { CloudStackClient } from './client.ts';
import { attachedElsewhere, getSteadyVolume, steadyVolume } from './steady-volume.ts';
import { findVolume, type Volume } from './volumes.ts';

/**
 * Changes of CloudStack volumes. Each looks first and may be repeated after a crash or a lost answer: what is already
 * as wanted is a success. Source of the rules: VolumeApiServiceImpl of Apache CloudStack.
 */

export interface Attachment {
  readonly volumeId: string;
  readonly vmId: string;
  /** 0 makes it the root disk (the VM must be stopped and have none). Without it CloudStack chooses; never 3. */
  readonly deviceId?: number | undefined;
}

/**
 * Attaches, and gives the volume with its device id. Already attached there is a success.
 * @throws conflict `cloudstack.volume-attached` (to another VM, or at another device id), not-found
 * `cloudstack.volume-not-found`, busy `cloudstack.no-device-slot`, precondition `cloudstack.vm-has-snapshots`,
 * `cloudstack.vm-state`, `cloudstack.zone-mismatch`, ...
 */
export async function attachVolume(
  client: CloudStackClient,
  { volumeId, vmId, deviceId }: Attachment,
  options: ChangeOptions = {},
): Promise<Volume> {
  return bringAbout(
    client,
    {
      command: 'attachVolume',
      parameters: {
        id: volumeId,
        virtualmachineid: vmId,
        ...(deviceId === undefined ? {} : { deviceid: String(deviceId) }),
      },
      mayRepeat: true,
      async look() {
        const volume = await getSteadyVolume(client, volumeId, options);
        if (volume.vmId === undefined) return undefined;
        if (volume.vmId === vmId && (deviceId === undefined || volume.deviceId === deviceId)) return volume;
        throw attachedElsewhere(volume, vmId);
      },
    },
    { ...options, timeoutMs: options.timeoutMs ?? 5 * MINUTE },
  );
}

/**
 * Detaches from `vmId`, and only from that VM. Already detached is a success.
 * @throws conflict `cloudstack.volume-attached` (to another VM), not-found `cloudstack.volume-not-found`, precondition
 * `cloudstack.vm-has-snapshots`, `cloudstack.vm-state`, ...
 */
export async function detachVolume(
  client: CloudStackClient,
  { volumeId, vmId }: { readonly volumeId: string; readonly vmId: string },
  options: ChangeOptions = {},
): Promise<Volume> {
  return bringAbout(
    client,
    {
      command: 'detachVolume',
      parameters: { id: volumeId },
      mayRepeat: true,
      async look() {
        const volume = await getSteadyVolume(client, volumeId, options);
        if (volume.vmId === undefined) return volume;
        if (volume.vmId === vmId) return undefined;
        throw attachedElsewhere(volume, vmId);
      },
    },
    { ...options, timeoutMs: options.timeoutMs ?? 5 * MINUTE },
  );
}

/**
 * Deletes for good. A volume that does not exist is a success.
 * @throws conflict `cloudstack.volume-attached`: nothing was deleted.
 */
export async function deleteVolume(
  client: CloudStackClient,
  { volumeId }: { readonly volumeId: string },
  options: ChangeOptions = {},
): Promise<void> {
  await bringAbout(
    client,
    {
      command: 'deleteVolume',
      parameters: { id: volumeId },
      withoutJob: true,
      mayRepeat: true,
      async look() {
        const found = await findVolume(client, volumeId, { signal: options.signal });
        const volume = found === undefined ? undefined : await steadyVolume(client, found, options);
        if (volume === undefined) return 'deleted' as const;
        if (volume.vmId !== undefined) throw attachedElsewhere(volume, undefined);
        return undefined;
      },
    },
    { ...options, timeoutMs: options.timeoutMs ?? 5 * MINUTE },
  );
}

/** Grows to at least `sizeBytes` (the next whole GiB); never shrinks. @throws what CloudStack refuses. */
export async function resizeVolume(
  client: CloudStackClient,
  { volumeId, sizeBytes }: { readonly volumeId: string; readonly sizeBytes: number },
  options: ChangeOptions = {},
): Promise<Volume> {
  const leastBytes = wholeGiB(sizeBytes) * GiB;
  return bringAbout(
    client,
    {
      command: 'resizeVolume',
      parameters: { id: volumeId, size: String(wholeGiB(sizeBytes)) },
      mayRepeat: true,
      async look() {
        const volume = await getSteadyVolume(client, volumeId, options);
        return volume.sizeBytes !== undefined && volume.sizeBytes >= leastBytes ? volume : undefined;
      },
    },
    { ...options, timeoutMs: options.timeoutMs ?? 10 * MINUTE },
  );
}
