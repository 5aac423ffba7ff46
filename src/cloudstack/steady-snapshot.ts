import { notFound } from '../base/errors.ts';
import type { CallOptions, CloudStackClient } from './client.ts';
import { untilSteady } from './steady.ts';
import { findSnapshot, type Snapshot } from './snapshots.ts';

/** Source: Snapshot.State of Apache CloudStack. */
const PASSING_STATES: ReadonlySet<string> = new Set([
  'Allocated',
  'Creating',
  'CreatedOnPrimary',
  'BackingUp',
  'Copying',
  'Destroying',
]);

/** It is between two states: a job of CloudStack ends that, or nobody does. */
export const isPassing = ({ state }: Pick<Snapshot, 'state'>): boolean => PASSING_STATES.has(state);

/** The snapshot after what works on it has ended; undefined when that was its end. @throws as `untilSteady`. */
export function steadySnapshot(
  client: CloudStackClient,
  first: Snapshot | undefined,
  options: CallOptions,
): Promise<Snapshot | undefined> {
  const { signal } = options;
  const find = (id: string): Promise<Snapshot | undefined> => findSnapshot(client, id, { signal });
  return untilSteady(client, { what: 'snapshot', first, find, passingStates: PASSING_STATES }, options);
}

/** @throws not-found `cloudstack.snapshot-not-found`. */
export async function getSnapshot(
  client: CloudStackClient,
  snapshotId: string,
  { signal }: CallOptions,
): Promise<Snapshot> {
  const snapshot = await findSnapshot(client, snapshotId, { signal });
  if (snapshot !== undefined) return snapshot;
  throw notFound('cloudstack.snapshot-not-found', `snapshot ${snapshotId} does not exist in cloudstack`, {
    hint: 'it was deleted, or the account of this API key may not see it',
    details: { snapshotId },
  });
}
