import type { Knex } from 'knex';
import { change, select } from '../sql.ts';
import { recordJobEvent } from './job-event-store.ts';
import { RELEASE } from './job-lease.ts';
import { requeueJob } from './job-settle.ts';

/**
 * Gives the slot back while children run. The caller holds the row of the parent.
 *
 * No wake-up is lost: a child that ends locks its own row first and its parent's after it; we hold the parent's lock
 * and read the children without one. Either the child committed before we got the lock, then we see its end here and
 * queue at once; or it waits for our lock, then it finds `waiting` and wakes us. Reads must be READ COMMITTED.
 * @returns whether it waits; false: it was queued at once, because a child has ended or a cancel arrived
 */
export async function parkJob(
  trx: Knex.Transaction,
  jobId: string,
  wait: {
    readonly children: readonly string[];
    readonly deadlineMs: number;
    /** The job has heard of its cancel, and waits for its children because of it. */
    readonly evenIfCancelled?: boolean;
  },
): Promise<boolean> {
  const isCancelNew = wait.evenIfCancelled !== true && (await isCancelled(trx, jobId));
  if (isCancelNew || (await anyEnded(trx, wait.children))) {
    await requeueJob(trx, jobId, true);
    return false;
  }
  const attrs = { children: wait.children };
  await recordJobEvent(trx, jobId, { level: 'INFO', message: 'job parked', attrs });
  await change(
    trx,
    `UPDATE job_tracking
        SET dispatch_state = 'waiting', dispatch_generation = dispatch_generation + 1,
            attempt = GREATEST(attempt, 1) - 1, waiting_until = NOW(6) + INTERVAL ? MICROSECOND, ${RELEASE}
      WHERE id = ?`,
    [Math.max(0, wait.deadlineMs) * 1000, jobId],
  );
  return true;
}

async function anyEnded(trx: Knex.Transaction, children: readonly string[]): Promise<boolean> {
  if (children.length === 0) return false;
  const rows = await select<{ ended: number }>(
    trx,
    `SELECT COUNT(*) AS ended FROM job_tracking
      WHERE id IN (${children.map(() => '?').join(', ')}) AND dispatch_state = 'closed'`,
    [...children],
  );
  return Number(rows[0]?.ended) > 0;
}

/** Nobody would look at the request while the job waits; on its way back it has been heard already. */
async function isCancelled(trx: Knex.Transaction, jobId: string): Promise<boolean> {
  const rows = await select<{ cancelled: number }>(
    trx,
    `SELECT cancel_requested_at IS NOT NULL AND COALESCE(workflow_direction, 'forward') <> 'undo' AS cancelled
       FROM job_tracking WHERE id = ?`,
    [jobId],
  );
  return rows[0]?.cancelled === 1;
}
