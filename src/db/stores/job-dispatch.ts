import type { Knex } from 'knex';
import { selectJobs, type JobRecord } from './job-rows.ts';
import { change } from '../sql.ts';

/** From the row to Redis. A row in `queued` has no message that anybody relies on; a row in `dispatched` has one. */

/** Rows whose pause is over count as queued from now on: a worker may take them as soon as the message is out. */
export async function endPauses(db: Knex): Promise<void> {
  await change(
    db,
    `UPDATE job_tracking SET dispatch_state = 'queued', updated_at = NOW(6)
      WHERE dispatch_state = 'retry_wait' AND not_before <= NOW(6)`,
    [],
  );
}

/** The next rows to send: most urgent first, then oldest. Rows without a queue only record what somebody did. */
export async function jobsToDispatch(db: Knex, limit: number): Promise<JobRecord[]> {
  return selectJobs(
    db,
    "WHERE dispatch_state = 'queued' AND not_before <= NOW(6) AND queue IS NOT NULL ORDER BY priority, created_at, id LIMIT ?",
    [limit],
  );
}

/**
 * The messages of these generations are in Redis. Nothing happens to a job that a worker took already, or that moved
 * on. One statement, which finds its rows by their ids: pairs alone MariaDB would look for in the whole table.
 */
export async function markDispatched(
  db: Knex,
  jobs: readonly { readonly id: string; readonly generation: number }[],
): Promise<void> {
  if (jobs.length === 0) return;
  const ids = jobs.map((job) => job.id);
  await change(
    db,
    `UPDATE job_tracking SET dispatch_state = 'dispatched', dispatched_at = NOW(6), updated_at = NOW(6)
      WHERE id IN (${ids.map(() => '?').join(', ')}) AND dispatch_state = 'queued'
        AND (id, dispatch_generation) IN (${ids.map(() => '(?, ?)').join(', ')})`,
    [...ids, ...jobs.flatMap((job) => [job.id, job.generation])],
  );
}
