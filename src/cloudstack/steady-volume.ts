import { conflict, type AppError } from '../base/errors.ts';
import type { ChangeOptions } from './bring-about.ts';
import type { CloudStackClient } from './client.ts';
import { untilSteady } from './steady.ts';
import { findVolume, getVolume, type Volume } from './volumes.ts';

/** In any other state between two CloudStack itself decides what may be done. Source: Volume.State of Apache CloudStack. */
const PASSING_STATES: ReadonlySet<string> = new Set(['Creating', 'RevertSnapshotting']);

/** The volume after what works on it has ended; undefined when that was its end. @throws as `untilSteady`. */
export function steadyVolume(
  client: CloudStackClient,
  volume: Volume,
  options: ChangeOptions,
): Promise<Volume | undefined> {
  const { signal } = options;
  const find = (id: string): Promise<Volume | undefined> => findVolume(client, id, { signal });
  return untilSteady(client, { what: 'volume', first: volume, find, passingStates: PASSING_STATES }, options);
}

/** @throws not-found `cloudstack.volume-not-found`, and as `untilSteady`. */
export async function getSteadyVolume(
  client: CloudStackClient,
  volumeId: string,
  options: ChangeOptions,
): Promise<Volume> {
  const { signal } = options;
  const steady = await steadyVolume(client, await getVolume(client, volumeId, { signal }), options);
  // Gone meanwhile: let the error say so.
  return steady ?? getVolume(client, volumeId, { signal });
}

/** The volume is not where the caller may touch it. */
export function attachedElsewhere(volume: Volume, wantedVmId: string | undefined): AppError {
  const { id: volumeId, vmId, vmName, deviceId } = volume;
  return conflict('cloudstack.volume-attached', `volume ${volumeId} is attached to VM ${vmName ?? vmId ?? ''}`, {
    details: { volumeId, vmId, deviceId, wantedVmId },
    hint: 'detach it there first',
  });
}
