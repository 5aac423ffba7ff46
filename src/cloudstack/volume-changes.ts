import { AppError, busy, conflict } from '../base/errors.ts';
import { GiB, MINUTE, wholeGiB } from '../base/units.ts';
import { waitForCloudStackAsyncJob } from './async-jobs.ts';
import { bringAbout, type ChangeOptions } from './bring-about.ts';
import type { CloudStackClient } from './client.ts';
import { findVolume, getVolume, listVolumes, type Volume } from './volumes.ts';

/**
 * Changes of CloudStack volumes. Each looks first and may be repeated after a crash or a lost answer: what is already
 * as wanted is a success. Source of the rules: VolumeApiServiceImpl of Apache CloudStack.
 */

export interface NewVolume {
  /**
   * Names the intent, not just the volume: it must hold the id of the operation that asks for it, because a volume
   * that already has this name in this zone is taken for the result of an earlier attempt.
   */
  readonly name: string;
  readonly zoneId: string;
  /** Its size must be free (`customized`). */
  readonly diskOfferingId: string;
  /** Least size; CloudStack gets the next whole GiB. */
  readonly sizeBytes: number;
  /** A uuid for the volume, written down before the call. Only for keys of a root admin; rules out a second volume. */
  readonly customId?: string | undefined;
  /** A volume found under this name may be attached to one of these VMs; attached to any other it is not ours. */
  readonly mayBeAttachedTo?: readonly string[] | undefined;
}

/**
 * The volume with this name in this zone: found, or created. It has no storage (`Allocated`) until it is first attached.
 * @throws conflict `cloudstack.volume-ambiguous` (several have that name) and `cloudstack.volume-mismatch` (it is
 * smaller, no data disk, or attached elsewhere); busy `cloudstack.volume-busy`; and what CloudStack refuses:
 * `cloudstack.size-refused`, `cloudstack.resource-limit`, `cloudstack.no-capacity`, ...
 */
export async function createVolume(
  client: CloudStackClient,
  volume: NewVolume,
  options: ChangeOptions = {},
): Promise<Volume> {
  const { signal } = options;
  const { name, zoneId, diskOfferingId, customId } = volume;
  let createdId = customId;
  return bringAbout(
    client,
    {
      command: 'createVolume',
      parameters: {
        name,
        zoneid: zoneId,
        diskofferingid: diskOfferingId,
        size: String(wholeGiB(volume.sizeBytes)),
        ...(customId === undefined ? {} : { customid: customId }),
      },
      mayRepeat: customId !== undefined,
      async look() {
        const created = createdId === undefined ? undefined : await findVolume(client, createdId, { signal });
        const found = created ?? (await findByIntent(client, volume, options));
        const settled = found === undefined ? undefined : await settle(client, found, options);
        // A create job that fails leaves a destroyed volume behind, or none.
        return settled === undefined || settled.state === 'Destroy' ? undefined : checkCreated(settled, volume);
      },
    },
    {
      ...options,
      async onSubmitted(submitted) {
        createdId = submitted.id ?? createdId;
        await options.onSubmitted?.(submitted);
      },
    },
  );
}

async function findByIntent(
  client: CloudStackClient,
  { name, zoneId }: NewVolume,
  { signal }: ChangeOptions,
): Promise<Volume | undefined> {
  const found = await listVolumes(client, { name, zoneId }, { signal });
  const same = found.filter((volume) => volume.zoneId === zoneId && volume.state !== 'Destroy');
  if (same.length < 2) return same[0];
  throw conflict('cloudstack.volume-ambiguous', `several volumes in the zone are named ${name}`, {
    details: { name, zoneId, volumeIds: same.map((volume) => volume.id) },
    hint: 'none of them has been used by this operation: delete those that are empty and try again',
  });
}

function checkCreated(found: Volume, wanted: NewVolume): Volume {
  const details = { volumeId: found.id, name: found.name, state: found.state, vmId: found.vmId };
  if (found.state === 'Creating' || found.pendingJobId !== undefined) {
    throw busy('cloudstack.volume-busy', `volume ${found.name} is being worked on`, { details });
  }
  const leastBytes = wholeGiB(wanted.sizeBytes) * GiB;
  const fits =
    found.type !== 'ROOT' &&
    (found.state === 'Allocated' || found.state === 'Ready') &&
    (found.sizeBytes === undefined || found.sizeBytes >= leastBytes) &&
    (found.vmId === undefined || wanted.mayBeAttachedTo?.includes(found.vmId) === true);
  if (fits) return found;
  throw conflict('cloudstack.volume-mismatch', `there is a volume named ${found.name}, but not as it is wanted`, {
    details: { ...details, type: found.type, sizeBytes: found.sizeBytes, leastBytes },
    hint: 'somebody else uses that name: rename or delete that volume',
  });
}

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
        const volume = await getSettled(client, volumeId, options);
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
        const volume = await getSettled(client, volumeId, options);
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
        const volume = found === undefined ? undefined : await settle(client, found, options);
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
        const volume = await getSettled(client, volumeId, options);
        return volume.sizeBytes !== undefined && volume.sizeBytes >= leastBytes ? volume : undefined;
      },
    },
    { ...options, timeoutMs: options.timeoutMs ?? 10 * MINUTE },
  );
}

/**
 * The volume after the job that works on it has ended, however that ended: an earlier attempt may have started it.
 * Undefined when that was its end.
 */
async function settle(client: CloudStackClient, volume: Volume, options: ChangeOptions): Promise<Volume | undefined> {
  if (volume.pendingJobId === undefined) return volume;
  const job = { id: volume.pendingJobId, command: 'a change of the volume' };
  try {
    await waitForCloudStackAsyncJob(client, job, options);
  } catch (thrown) {
    if (options.signal?.aborted === true || !(thrown instanceof AppError)) throw thrown;
    if (thrown.code === 'cloudstack.job-timeout' || thrown.code === 'cloudstack.unauthorized') throw thrown;
  }
  return findVolume(client, volume.id, { signal: options.signal });
}

async function getSettled(client: CloudStackClient, volumeId: string, options: ChangeOptions): Promise<Volume> {
  const { signal } = options;
  const settled = await settle(client, await getVolume(client, volumeId, { signal }), options);
  // Gone meanwhile: let the error say so.
  return settled ?? getVolume(client, volumeId, { signal });
}

function attachedElsewhere(volume: Volume, wantedVmId: string | undefined): AppError {
  const { id: volumeId, vmId, vmName, deviceId } = volume;
  return conflict('cloudstack.volume-attached', `volume ${volumeId} is attached to VM ${vmName ?? vmId ?? ''}`, {
    details: { volumeId, vmId, deviceId, wantedVmId },
    hint: 'detach it there first',
  });
}
