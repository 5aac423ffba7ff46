import { z } from 'zod';
import { toAppError } from '../base/errors.ts';
import type { CallOptions, CloudStackClient } from './client.ts';
import { id, lenientBoolean, lenientDate, lenientNumber, lenientString } from './fields.ts';
import { pendingJobId } from './pending-jobs.ts';
import { list } from './read.ts';

/** Reading snapshots of CloudStack volumes. What changes them is in snapshot-changes.ts. */

export interface Snapshot {
  readonly id: string;
  readonly name: string;
  readonly volumeId: string | undefined;
  /** Allocated, Creating, CreatedOnPrimary, BackingUp, BackedUp (complete), Copying, Destroying, Error. */
  readonly state: string;
  readonly createdAt: Date | undefined;
  /** Bytes of the disk that it is a snapshot of, not of what it takes. */
  readonly sizeBytes: number | undefined;
  /** Undefined where the server does not say. */
  readonly isRevertable: boolean | undefined;
  /** The async job that works on it at the moment; many versions do not tell. */
  readonly pendingJobId: string | undefined;
}

const snapshotSchema = z
  .object({
    id,
    name: lenientString,
    volumeid: lenientString,
    state: lenientString,
    created: lenientDate,
    virtualsize: lenientNumber,
    revertable: lenientBoolean,
    jobid: lenientString,
    jobstatus: lenientNumber,
  })
  .transform((row): Snapshot => ({
    id: row.id,
    name: row.name ?? '',
    volumeId: row.volumeid,
    state: row.state ?? '',
    createdAt: row.created,
    sizeBytes: row.virtualsize,
    isRevertable: row.revertable,
    pendingJobId: pendingJobId(row),
  }));

export interface SnapshotFilter {
  readonly volumeId?: string;
  readonly id?: string;
}

/** Snapshots that this API key may see, also those that are being made, removed, or went wrong. */
export async function listSnapshots(
  client: CloudStackClient,
  filter: SnapshotFilter = {},
  options: CallOptions = {},
): Promise<Snapshot[]> {
  const { volumeId, ...same } = filter;
  const parameters = { listall: 'true', ...same, ...(volumeId === undefined ? {} : { volumeid: volumeId }) };
  const snapshots = await list(client, 'listSnapshots', { parameters, item: snapshotSchema, ...options });
  return snapshots.filter((snapshot) => snapshot.state !== 'Destroyed');
}

/** The snapshot, or undefined when it does not exist (or this API key may not see it). */
export async function findSnapshot(
  client: CloudStackClient,
  snapshotId: string,
  options: CallOptions = {},
): Promise<Snapshot | undefined> {
  try {
    const found = await listSnapshots(client, { id: snapshotId }, options);
    return found.find((snapshot) => snapshot.id === snapshotId);
  } catch (thrown) {
    if (toAppError(thrown).code === 'cloudstack.not-found') return undefined;
    throw thrown;
  }
}
