import { conflict, precondition, toAppError, type AppError } from '../base/errors.ts';
import { HOUR, MINUTE } from '../base/units.ts';
import { mayGoOn, waitForCloudStackAsyncJob } from './async-jobs.ts';
import { bringAbout, carryOut, type ChangeOptions } from './bring-about.ts';
import type { CallOptions, CloudStackClient } from './client.ts';
import { findPendingJob } from './pending-jobs.ts';
import { getSnapshot, steadySnapshot } from './steady-snapshot.ts';
import { findSnapshot, listSnapshots, type Snapshot } from './snapshots.ts';
import { getSteadyVolume } from './steady-volume.ts';

/**
 * Changes of snapshots. Each looks first and may be repeated after a crash or a lost answer. On KVM a snapshot of a
 * detached volume is a full copy to secondary storage, and going back to it another one: hours, not minutes.
 * Source of the rules: SnapshotManagerImpl and DefaultSnapshotStrategy of Apache CloudStack.
 */

const COPY_TIMEOUT_MS = 12 * HOUR;
const DELETE_TIMEOUT_MS = 30 * MINUTE;

export interface NewSnapshot {
  readonly volumeId: string;
  /**
   * Names the intent: it must hold the id of the operation that asks for it, because a snapshot of that volume that
   * already has this name is taken for the result of an earlier attempt.
   */
  readonly name: string;
}

/**
 * The complete snapshot (`BackedUp`) with this name of this volume: found, or made. `timeoutMs` is 12 h by default.
 * @throws conflict `cloudstack.snapshot-ambiguous` (several have that name); upstream `cloudstack.job-timeout` and busy
 * `cloudstack.still-changing` (it is still being made: ask again); and what CloudStack refuses:
 * `cloudstack.volume-busy`, `cloudstack.running-snapshot`, `cloudstack.resource-limit`, ...
 */
export async function createSnapshot(
  client: CloudStackClient,
  snapshot: NewSnapshot,
  options: ChangeOptions = {},
): Promise<Snapshot> {
  const { signal, timeoutMs = COPY_TIMEOUT_MS } = options;
  let createdId: string | undefined;
  return bringAbout(
    client,
    {
      command: 'createSnapshot',
      parameters: { volumeid: snapshot.volumeId, name: snapshot.name },
      // A first order that comes late would make a second snapshot of the same name.
      mayRepeat: false,
      async look() {
        const created = createdId === undefined ? undefined : await findSnapshot(client, createdId, { signal });
        const found = created ?? (await findByIntent(client, snapshot, options));
        const steady = await steadySnapshot(client, found, { signal, timeoutMs });
        return steady?.state === 'BackedUp' ? steady : undefined;
      },
    },
    {
      ...options,
      timeoutMs,
      async onSubmitted(submitted) {
        createdId = submitted.id;
        await options.onSubmitted?.(submitted);
      },
    },
  );
}

/** Not `Error`, which holds nothing and is swept by CloudStack itself. */
const UNUSABLE: ReadonlySet<string> = new Set(['Error', 'Destroying']);

async function findByIntent(
  client: CloudStackClient,
  { volumeId, name }: NewSnapshot,
  { signal }: ChangeOptions,
): Promise<Snapshot | undefined> {
  const found = await listSnapshots(client, { volumeId }, { signal });
  const same = found.filter((row) => row.name === name && row.volumeId === volumeId && !UNUSABLE.has(row.state));
  if (same.length < 2) return same[0];
  throw conflict('cloudstack.snapshot-ambiguous', `several snapshots of volume ${volumeId} are named ${name}`, {
    details: { volumeId, name, snapshotIds: same.map((row) => row.id) },
    hint: 'none of them has been used by this operation: delete those that are not wanted and try again',
  });
}

/**
 * Puts the volume back to the snapshot. The volume must be detached, or its VM stopped. Nothing shows afterwards that
 * it was done, so it is ordered each time, and only the success of its job counts; `timeoutMs` is 12 h by default.
 * Call it again only while nobody has written to the volume since.
 * @throws not-found `cloudstack.snapshot-not-found`, `cloudstack.volume-not-found`; precondition
 * `cloudstack.snapshot-mismatch` (of another volume, or not complete), `cloudstack.vm-state` (its VM is not stopped),
 * `cloudstack.vm-has-snapshots`, `cloudstack.not-revertable`, ...
 */
export async function revertSnapshot(
  client: CloudStackClient,
  { snapshotId, volumeId }: { readonly snapshotId: string; readonly volumeId: string },
  options: ChangeOptions = {},
): Promise<void> {
  const { signal, timeoutMs = COPY_TIMEOUT_MS } = options;
  await carryOut(
    client,
    {
      command: 'revertSnapshot',
      parameters: { id: snapshotId },
      // A first order that comes late does no harm: CloudStack works on one volume at a time, and refuses to revert
      // one whose VM runs.
      mayRepeat: true,
      async prepare() {
        const limits = { signal, timeoutMs };
        const snapshot = await getSnapshot(client, snapshotId, limits);
        if (snapshot.volumeId !== volumeId) throw mismatch({ snapshotId, volumeId }, snapshot);
        if (await endsEarlierRevert(client, snapshot, limits)) return 'done';
        const steady = await steadySnapshot(client, snapshot, limits);
        if (steady?.state !== 'BackedUp') throw mismatch({ snapshotId, volumeId }, steady);
        await getSteadyVolume(client, volumeId, limits);
        return 'order';
      },
    },
    { ...options, timeoutMs },
  );
}

/** True when a revert to this snapshot was under way and came to a good end: nothing is left to order then. */
async function endsEarlierRevert(client: CloudStackClient, snapshot: Snapshot, limits: CallOptions): Promise<boolean> {
  const { signal } = limits;
  const job = await findPendingJob(client, { type: 'Snapshot', ...snapshot }, { signal });
  if (job?.command !== 'revertsnapshot') return false;
  try {
    await waitForCloudStackAsyncJob(client, job, limits);
    return true;
  } catch (thrown) {
    if (signal?.aborted === true || mayGoOn(toAppError(thrown))) throw thrown;
    return false;
  }
}

/** Deletes for good. A snapshot that does not exist is a success. `timeoutMs` is 30 min by default. */
export async function deleteSnapshot(
  client: CloudStackClient,
  { snapshotId }: { readonly snapshotId: string },
  options: ChangeOptions = {},
): Promise<void> {
  const { signal, timeoutMs = DELETE_TIMEOUT_MS } = options;
  await bringAbout(
    client,
    {
      command: 'deleteSnapshot',
      parameters: { id: snapshotId },
      mayRepeat: true,
      async look() {
        const found = await findSnapshot(client, snapshotId, { signal });
        const steady = await steadySnapshot(client, found, { signal, timeoutMs });
        return steady === undefined ? ('deleted' as const) : undefined;
      },
    },
    { ...options, timeoutMs },
  );
}

const mismatch = (wanted: { snapshotId: string; volumeId: string }, found: Snapshot | undefined): AppError =>
  precondition(
    'cloudstack.snapshot-mismatch',
    `snapshot ${wanted.snapshotId} is not a complete snapshot of volume ${wanted.volumeId}`,
    { details: { ...wanted, state: found?.state ?? 'gone', snapshotVolumeId: found?.volumeId } },
  );
