import type { Knex } from 'knex';
import { select } from '../sql.ts';

/** What the disks of a VM say about the copy on their volumes. */
export interface CopyFacts {
  /** Those of the last committed point; where no commit is on record, all that are known. */
  readonly disks: number;
  /** Disks whose volume holds what was committed, whether their changes are tracked or not. */
  readonly committed: number;
}

/**
 * A commit counts only on the volume, and the generation of it, that it was made on, and only while no cycle has begun
 * to write to the volume itself. A disk that is newer than the last commit, or was no more in it, says nothing of it.
 */
export async function copyFacts(db: Knex, contextId: string): Promise<CopyFacts> {
  const [row] = await select<{ disks: number | string; committed: number | string | null }>(
    db,
    `SELECT COUNT(*) AS disks,
            SUM(disk.ossea_volume_id IS NOT NULL AND disk.committed_generation IS NOT NULL
                AND disk.committed_generation <=> disk.target_generation AND disk.dirty_since IS NULL) AS committed
       FROM vm_disks disk JOIN vm_replication_contexts vm ON vm.context_id = disk.vm_context_id
      WHERE disk.vm_context_id = ? AND (vm.commit_job_id IS NULL OR disk.commit_job_id <=> vm.commit_job_id)`,
    [contextId],
  );
  return { disks: Number(row?.disks ?? 0), committed: Number(row?.committed ?? 0) };
}

/** Whether all disks of the last committed point are on their volumes as they were committed. */
export async function hasUsableCopy(db: Knex, contextId: string): Promise<boolean> {
  const { disks, committed } = await copyFacts(db, contextId);
  return disks > 0 && committed === disks;
}
