import type { Knex } from 'knex';
import type { CallOptions, CloudStackClient } from '../cloudstack/client.ts';
import { findPendingJob } from '../cloudstack/pending-jobs.ts';
import { ifPermitted } from '../cloudstack/permitted.ts';
import { listSnapshots, type Snapshot } from '../cloudstack/snapshots.ts';
import { isPassing } from '../cloudstack/steady-snapshot.ts';
import { statusesOfJobs } from '../db/stores/snapshot-finding-store.ts';
import { followedSnapshots } from '../db/stores/volume-snapshot-store.ts';
import type { Books, VolumeFinding } from '../domain/volume-findings.ts';
import { failoverOfSnapshot, judgeSnapshots, type ListedSnapshot } from '../domain/volume-snapshot-findings.ts';

/** Snapshots whose jobs are asked for in one look; the others wait for the next. */
const ASKED_MAX = 50;

const OPEN: ReadonlySet<string> = new Set(['pending', 'running']);

/** What is the matter with snapshots of our volumes; nothing where this API key may not list them. */
export async function lookAtSnapshots(
  { db, client }: { readonly db: Knex; readonly client: CloudStackClient },
  books: Pick<Books, 'volumes'>,
  options: CallOptions,
): Promise<VolumeFinding[]> {
  const ours = new Set(books.volumes.map((volume) => volume.id));
  if (ours.size === 0) return [];
  const all = (await ifPermitted(() => listSnapshots(client, {}, options))) ?? [];
  const listed: ListedSnapshot[] = [];
  let asked = 0;
  for (const snapshot of all.filter(({ volumeId = '' }) => ours.has(volumeId))) {
    const isAsked = isPassing(snapshot) && asked < ASKED_MAX;
    if (isAsked) asked += 1;
    listed.push({ ...snapshot, isAbandoned: isAsked && !(await isWorkedOn(client, snapshot, options)) });
  }
  const statuses = await statusesOfJobs(
    db,
    listed.flatMap(({ name }) => failoverOfSnapshot(name) ?? []),
  );
  return judgeSnapshots(listed, {
    volumes: books.volumes,
    followed: await followedSnapshots(db),
    openJobs: new Set([...statuses].filter(([, status]) => OPEN.has(status)).map(([id]) => id)),
    now: new Date(),
  });
}

/** It is looked at again after its job was asked for: it may have come to its end meanwhile. */
async function isWorkedOn(client: CloudStackClient, snapshot: Snapshot, options: CallOptions): Promise<boolean> {
  const { id, volumeId = '', pendingJobId } = snapshot;
  if (pendingJobId !== undefined) return true;
  for (const workpiece of [
    { type: 'Snapshot', id },
    { type: 'Volume', id: volumeId },
  ] as const) {
    if ((await findPendingJob(client, workpiece, options)) !== undefined) return true;
  }
  const now = (await listSnapshots(client, { volumeId }, options)).find((each) => each.id === id);
  return now === undefined || !isPassing(now) || now.pendingJobId !== undefined;
}
