import type { Knex } from 'knex';

/** What the copy of a VM is: how large, and how old at most. */

export interface CopyOfContext {
  readonly diskCount: number;
  /** Of all its disks; null where one is unknown. */
  readonly capacityBytes: number | null;
  /** When the newest replication that completed began: what the target holds is not older. */
  readonly lastSyncAt: Date | null;
}

export const NO_COPY: CopyOfContext = { diskCount: 0, capacityBytes: null, lastSyncAt: null };

interface DiskRow {
  context_id: string;
  disks: number | string;
  known: number | string;
  capacity: number | string | null;
}

interface SyncRow {
  context_id: string;
  last_sync_at: Date | null;
}

/** The copies of these VMs; a VM that never had a job has no entry. Two queries, or none. */
export async function copiesOf(db: Knex, contextIds: readonly string[]): Promise<Map<string, CopyOfContext>> {
  if (contextIds.length === 0) return new Map();
  const [disks, syncs] = await Promise.all([
    db('vm_disks')
      .whereIn('vm_context_id', contextIds)
      .groupBy('vm_context_id')
      .select<DiskRow[]>(
        { context_id: 'vm_context_id' },
        db.raw('count(*) as disks, count(capacity_bytes) as known, sum(capacity_bytes) as capacity'),
      ),
    db('vm_replication_contexts as context')
      .join('replication_jobs as job', 'job.id', 'context.last_successful_job_id')
      .whereIn('context.context_id', contextIds)
      .select<SyncRow[]>({ context_id: 'context.context_id', last_sync_at: 'job.started_at' }),
  ]);
  const syncedAt = new Map(syncs.map((row) => [row.context_id, row.last_sync_at]));
  return new Map(
    disks.map((row) => {
      const isKnown = Number(row.disks) === Number(row.known);
      const copy = {
        diskCount: Number(row.disks),
        capacityBytes: isKnown ? Number(row.capacity) : null,
        lastSyncAt: syncedAt.get(row.context_id) ?? null,
      };
      return [row.context_id, copy];
    }),
  );
}
