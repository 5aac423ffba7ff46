import type { Knex } from 'knex';
import { selectJobs, type JobRecord } from './job-rows.ts';
import { inTransaction } from '../knex.ts';
import { change, select } from '../sql.ts';
import { requeueJob } from './job-settle.ts';

/** What the reconciler looks for, and what it does about it. Each repair names the state that it repairs: two at once do no harm. */

/** Claims whose worker stopped renewing. */
export async function expiredClaims(db: Knex, limit: number): Promise<JobRecord[]> {
  return selectJobs(
    db,
    "WHERE dispatch_state = 'claimed' AND lease_expires_at <= NOW(6) ORDER BY lease_expires_at LIMIT ?",
    [limit],
  );
}

/** Still this claim, and still not renewed. The caller holds the row. */
export async function isExpired(trx: Knex.Transaction, job: JobRecord): Promise<boolean> {
  const rows = await select<unknown>(
    trx,
    `SELECT 1 FROM job_tracking
      WHERE id = ? AND lease_epoch = ? AND dispatch_state = 'claimed' AND lease_expires_at <= NOW(6)`,
    [job.id, job.leaseEpoch],
  );
  return rows.length === 1;
}

/** Parents whose deadline passed run again; they decide what that means. @returns how many */
export async function wakeOverdue(db: Knex, limit = 100): Promise<number> {
  return inTransaction(
    db,
    async (trx) => {
      const overdue = await select<{ id: string }>(
        trx,
        `SELECT id FROM job_tracking WHERE dispatch_state = 'waiting' AND waiting_until <= NOW(6)
          LIMIT ? FOR UPDATE SKIP LOCKED`,
        [limit],
      );
      for (const { id } of overdue) await requeueJob(trx, id, false);
      return overdue.length;
    },
    { idempotent: true },
  );
}

/** Messages that nobody took for `olderThanMs`, in the order of their ids, after `afterId`. */
export async function untakenJobs(
  db: Knex,
  page: { readonly olderThanMs: number; readonly afterId: string; readonly limit: number },
): Promise<JobRecord[]> {
  return selectJobs(
    db,
    `WHERE dispatch_state = 'dispatched' AND dispatched_at <= NOW(6) - INTERVAL ? MICROSECOND AND id > ?
      ORDER BY id LIMIT ?`,
    [page.olderThanMs * 1000, page.afterId, page.limit],
  );
}

/** The message of this generation is lost: send another. @returns whether it was still that generation */
export async function redispatch(db: Knex, job: { id: string; generation: number }): Promise<boolean> {
  const changed = await change(
    db,
    `UPDATE job_tracking
        SET dispatch_state = 'queued', dispatch_generation = dispatch_generation + 1, not_before = NOW(6), updated_at = NOW(6)
      WHERE id = ? AND dispatch_generation = ? AND dispatch_state = 'dispatched'`,
    [job.id, job.generation],
  );
  return changed === 1;
}

/** Redis lost everything: every message has to be sent again. @returns how many */
export async function redispatchAll(db: Knex): Promise<number> {
  return change(
    db,
    `UPDATE job_tracking
        SET dispatch_state = 'queued', dispatch_generation = dispatch_generation + 1, not_before = NOW(6), updated_at = NOW(6)
      WHERE dispatch_state = 'dispatched'`,
    [],
  );
}

/** Which of these ids are messages that a worker may still take, by `<job id>.<generation>`. */
export async function liveMessages(db: Knex, jobIds: readonly string[]): Promise<ReadonlySet<string>> {
  if (jobIds.length === 0) return new Set();
  const jobs = await selectJobs(
    db,
    `WHERE id IN (${jobIds.map(() => '?').join(', ')}) AND dispatch_state IN ('queued', 'dispatched')`,
    jobIds,
  );
  return new Set(jobs.map((job) => `${job.id}.${job.generation}`));
}

/**
 * Jobs whose cancel was noted and not carried through, because the process that noted it died, or the worker that would
 * have heard of it gave the job back: they wait, or a child of theirs runs on without having heard. `unheld` names the
 * jobs that need no worker for it.
 */
export async function uncarriedCancels(
  db: Knex,
  of: { readonly unheld: readonly string[]; readonly limit: number },
): Promise<string[]> {
  // A list must not be empty; no job has no name.
  const names = of.unheld.length === 0 ? [''] : of.unheld;
  const marks = names.map(() => '?').join(', ');
  const rows = await select<{ id: string }>(
    db,
    `SELECT job.id FROM job_tracking job
      WHERE job.cancel_requested_at < NOW(6) - INTERVAL 2 SECOND AND job.dispatch_state IN ('queued', 'dispatched', 'waiting', 'retry_wait', 'claimed')
        AND COALESCE(job.workflow_direction, 'forward') <> 'undo'
        AND (job.dispatch_state = 'retry_wait' OR (job.dispatch_state <> 'claimed' AND job.lease_epoch = 0)
          OR (job.dispatch_state IN ('queued', 'dispatched') AND job.operation IN (${marks}))
          OR (job.dispatch_state = 'waiting' AND NOT EXISTS (
               SELECT 1 FROM job_tracking child WHERE child.parent_job_id = job.id AND child.dispatch_state <> 'closed'))
          OR EXISTS (
               SELECT 1 FROM job_tracking child WHERE child.parent_job_id = job.id AND child.dispatch_state <> 'closed'
                 AND child.cancel_requested_at IS NULL))
      ORDER BY job.id LIMIT ?`,
    [...names, of.limit],
  );
  return rows.map((row) => row.id);
}
