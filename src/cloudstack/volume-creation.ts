import { busy, conflict } from '../base/errors.ts';
import { GiB, wholeGiB } from '../base/units.ts';
import { bringAbout, type ChangeOptions } from './bring-about.ts';
import type { CloudStackClient } from './client.ts';
import { steadyVolume } from './steady-volume.ts';
import { findVolume, listVolumes, type Volume } from './volumes.ts';

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
 * smaller, no data disk, or attached elsewhere); busy `cloudstack.volume-busy`; the errors of `untilSteady`; and what
 * CloudStack refuses: `cloudstack.size-refused`, `cloudstack.resource-limit`, `cloudstack.no-capacity`, ...
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
        const steady = found === undefined ? undefined : await steadyVolume(client, found, options);
        // A create job that fails leaves a destroyed volume behind, or none.
        return steady === undefined || steady.state === 'Destroy' ? undefined : checkCreated(steady, volume);
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
  if (found.pendingJobId !== undefined) {
    throw busy('cloudstack.volume-busy', `volume ${found.name} is being worked on`, { retry: 'backoff', details });
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
