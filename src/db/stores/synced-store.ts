import type { Knex } from 'knex';
import { select } from '../sql.ts';

/** What the cycles of a VM have moved in all, bytes; what failed half way counts for nothing. */
export async function syncedOf(db: Knex, contextId: string): Promise<number> {
  const [row] = await select<{ bytes: number | string | null }>(
    db,
    'SELECT SUM(bytes_transferred) AS bytes FROM cbt_history WHERE vm_context_id = ? AND sync_success = 1',
    [contextId],
  );
  return Number(row?.bytes ?? 0);
}
