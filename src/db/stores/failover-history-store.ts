import type { Knex } from 'knex';
import { select } from '../sql.ts';

/** How long the last failovers of this type took that went well, from their acceptance, in seconds; at most 10. */
export async function recentFailoverSeconds(db: Knex, type: 'live' | 'test'): Promise<number[]> {
  const rows = await select<{ seconds: number }>(
    db,
    `SELECT GREATEST(0, TIMESTAMPDIFF(SECOND, job.created_at, job.completed_at)) AS seconds
       FROM failover_jobs failover JOIN job_tracking job ON job.id = failover.job_id
      WHERE failover.job_type = ? AND job.status = 'completed' AND job.completed_at IS NOT NULL
      ORDER BY failover.id DESC LIMIT 10`,
    [type],
  );
  return rows.map((row) => Number(row.seconds));
}
