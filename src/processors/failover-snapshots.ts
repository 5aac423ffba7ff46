import type { CloudStackClient } from '../cloudstack/client.ts';
import { listSnapshots } from '../cloudstack/snapshots.ts';
import type { Knex } from '../db/knex.ts';
import { failoverSnapshots, snapshotsWithoutId, type FailoverSnapshot } from '../db/stores/failover-point-store.ts';

export interface SnapshotsOf {
  readonly db: Knex;
  readonly contextId: string;
  readonly failoverJobId: string;
  /** Opened only where something is to be asked. */
  readonly client: () => Promise<CloudStackClient>;
  readonly signal: AbortSignal;
}

/**
 * All snapshots that a failover made, also those whose id nobody has heard: CloudStack is asked for them by their names.
 * One that CloudStack is still making is among them. Errors: those of CloudStack.
 */
export async function snapshotsMade({
  db,
  contextId,
  failoverJobId,
  client,
  signal,
}: SnapshotsOf): Promise<FailoverSnapshot[]> {
  const of = { contextId, jobId: failoverJobId };
  const known = await failoverSnapshots(db, of);
  const found: FailoverSnapshot[] = [];
  for (const { volumeId, name } of await snapshotsWithoutId(db, of)) {
    const all = await listSnapshots(await client(), { volumeId }, { signal });
    for (const { id, state } of all.filter((snapshot) => snapshot.name === name)) {
      // No VM was made from a failover that has not got all of its snapshots: its volume is as it was.
      if (!GONE.has(state)) found.push({ volumeId, snapshotId: id, isChanged: false });
    }
  }
  return [...known, ...found];
}

/** One in `Error` holds nothing, and is swept by CloudStack itself. */
const GONE: ReadonlySet<string> = new Set(['Error', 'Destroying', 'Destroyed']);
