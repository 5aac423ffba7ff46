import type { Knex } from 'knex';
import { select } from '../sql.ts';

/** What the disks of a VM say about the copy on their volumes. */
export interface CopyFacts {
  readonly disks: number;
  /** Disks whose volume holds what was committed, whether their changes are tracked or not. */
  readonly committed: number;
}

/** A commit counts only on the volume, and the generation of it, that it was made on. */
export async function copyFacts(db: Knex, contextId: string): Promise<CopyFacts> {
  const [row] = await select<{ disks: number | string; committed: number | string | null }>(
    db,
    `SELECT COUNT(*) AS disks,
            SUM(ossea_volume_id IS NOT NULL AND committed_generation IS NOT NULL
                AND committed_generation <=> target_generation) AS committed
       FROM vm_disks WHERE vm_context_id = ?`,
    [contextId],
  );
  return { disks: Number(row?.disks ?? 0), committed: Number(row?.committed ?? 0) };
}

/**
 * Whether an earlier replication left a usable copy. The record of that replication may have been deleted since, and
 * the volumes of one that is still on record may have been: so both are asked.
 */
export async function hasUsableCopy(
  db: Knex,
  context: { readonly contextId: string; readonly lastSuccessfulJobId: string | null },
): Promise<boolean> {
  if (context.lastSuccessfulJobId !== null) return true;
  const { disks, committed } = await copyFacts(db, context.contextId);
  return disks > 0 && committed === disks;
}
