import type { Knex } from 'knex';
import { select } from '../sql.ts';

/** Whether no job of this operation is active, and none was made within `everyMs`, by the clock of the database. */
export async function isDue(db: Knex, operation: string, everyMs: number): Promise<boolean> {
  const rows = await select<{ id: string }>(
    db,
    `SELECT id FROM job_tracking
      WHERE operation = ? AND (status IN ('pending', 'running') OR created_at > NOW(3) - INTERVAL ? MICROSECOND)
      LIMIT 1`,
    [operation, everyMs * 1000],
  );
  return rows.length === 0;
}
