import type { Knex } from 'knex';
import type { AppError } from '../../base/errors.ts';
import { recordJobEvent, type JobEvent } from './job-event-store.ts';
import { lockJob } from './job-rows.ts';
import { change, select } from '../sql.ts';
import { RELEASE } from './job-lease.ts';

/**
 * What follows a claim: the end, another attempt, or the way back. The caller holds the row (lockHeld or lockJob).
 * Each move out of a claim starts a new generation, so that messages of the old one say nothing any more.
 */

/** An error as a row shows it. */
export interface ErrorText {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

export const textOf = (error: AppError): ErrorText => ({
  code: error.code,
  message: error.message,
  hint: error.hint ?? null,
});

export type Ending =
  | { readonly status: 'completed'; readonly resultJson: string }
  | ({ readonly status: 'failed' | 'cancelled' } & ErrorText);

/**
 * Writes the terminal state, once: a terminal row stays terminal (I5). Frees the context (I9).
 * @returns false when the job had ended already
 */
export async function closeJob(trx: Knex.Transaction, jobId: string, ending: Ending): Promise<boolean> {
  const done = ending.status === 'completed';
  // Before the row says that it is over, and forgets who worked on it.
  await recordJobEvent(trx, jobId, await endingEvent(trx, jobId, ending));
  const changed = await change(
    trx,
    `UPDATE job_tracking
        SET status = ?, dispatch_state = 'closed', active_context_id = NULL, not_before = NOW(6), waiting_until = NULL,
            result = ?, error_code = ?, error_message = ?, error_hint = ?,
            percent_complete = ${done ? '100' : 'percent_complete'}, completed_at = NOW(6),
            canceled_at = ${ending.status === 'cancelled' ? 'NOW(6)' : 'canceled_at'}, ${RELEASE}
      WHERE id = ? AND dispatch_state <> 'closed'`,
    [
      ending.status,
      done ? ending.resultJson : null,
      done ? null : ending.code,
      done ? null : ending.message,
      done ? null : ending.hint,
      jobId,
    ],
  );
  return changed === 1;
}

async function endingEvent(trx: Knex.Transaction, jobId: string, ending: Ending): Promise<JobEvent> {
  const message = `job ${ending.status}`;
  if (ending.status === 'completed') return { level: 'INFO', message, unlessClosed: true };
  const attrs = reasonOf(ending);
  if (ending.status === 'cancelled') return { level: 'INFO', message, attrs, unlessClosed: true };
  const failed = await select<{ name: string }>(
    trx,
    "SELECT name FROM job_steps WHERE job_id = ? AND status = 'failed' ORDER BY seq DESC LIMIT 1",
    [jobId],
  );
  return {
    level: 'ERROR',
    message,
    attrs,
    unlessClosed: true,
    ...(failed[0] === undefined ? {} : { step: failed[0].name }),
  };
}

/**
 * A child ended: its parent runs again if it waits. The lock comes first and by primary key: an UPDATE alone might
 * judge the row by its last committed version while the parent is about to wait, and skip it (semi-consistent read).
 */
export async function wakeParent(trx: Knex.Transaction, parentJobId: string): Promise<void> {
  const parent = await lockJob(trx, parentJobId);
  if (parent?.dispatchState === 'waiting') await requeueJob(trx, parentJobId, false);
}

/**
 * Another attempt after `delayMs`; `free` gives the attempt back. The failure stays visible until another one replaces
 * it or the job ends.
 */
export async function retryJob(
  trx: Knex.Transaction,
  jobId: string,
  retry: { readonly delayMs: number; readonly free: boolean; readonly error: ErrorText },
): Promise<void> {
  await recordJobEvent(trx, jobId, {
    level: 'WARN',
    message: 'job waits for another attempt',
    attrs: { ...reasonOf(retry.error), delay_ms: retry.delayMs },
  });
  await change(
    trx,
    `UPDATE job_tracking
        SET dispatch_state = 'retry_wait', dispatch_generation = dispatch_generation + 1,
            error_code = ?, error_message = ?, error_hint = ?, not_before = NOW(6) + INTERVAL ? MICROSECOND, attempt = ${retry.free ? 'GREATEST(attempt, 1) - 1' : 'attempt'}, ${RELEASE}
      WHERE id = ?`,
    [retry.error.code, retry.error.message, retry.error.hint, retry.delayMs * 1000, jobId],
  );
}

/** Back to the queue at once; `free` gives the attempt back. */
export async function requeueJob(trx: Knex.Transaction, jobId: string, free: boolean): Promise<void> {
  await recordJobEvent(trx, jobId, await requeueEvent(trx, jobId));
  await change(
    trx,
    `UPDATE job_tracking
        SET dispatch_state = 'queued', dispatch_generation = dispatch_generation + 1, not_before = NOW(6),
            waiting_until = NULL, attempt = ${free ? 'GREATEST(attempt, 1) - 1' : 'attempt'}, ${RELEASE}
      WHERE id = ?`,
    [jobId],
  );
}

/** What it means for people depends on where the job comes from. */
async function requeueEvent(trx: Knex.Transaction, jobId: string): Promise<JobEvent> {
  const rows = await select<{ dispatch_state: string; expired: number | null }>(
    trx,
    'SELECT dispatch_state, lease_expires_at <= NOW(6) AS expired FROM job_tracking WHERE id = ?',
    [jobId],
  );
  if (rows[0]?.dispatch_state !== 'claimed') return { level: 'INFO', message: 'job woken' };
  if (rows[0].expired === 1) return { level: 'WARN', message: 'worker lost, job queued again' };
  return { level: 'INFO', message: 'job queued again' };
}

/**
 * The workflow goes back from here: stored before anything is undone, in the same statement that queues the job for
 * it. Undoing has attempts of its own, because going forward may have used up all there were.
 */
export async function turnBackJob(trx: Knex.Transaction, jobId: string, error: ErrorText): Promise<void> {
  await recordJobEvent(trx, jobId, turnsBack(error));
  await change(
    trx,
    `UPDATE job_tracking
        SET workflow_direction = 'undo', workflow_reason = ?, error_code = ?, error_message = ?, error_hint = ?, attempt = 0, dispatch_state = 'queued',
            dispatch_generation = dispatch_generation + 1, not_before = NOW(6), waiting_until = NULL, ${RELEASE}
      WHERE id = ?`,
    [`${error.code}: ${error.message}`, error.code, error.message, error.hint, jobId],
  );
}

/**
 * The same in the hands of the worker that holds the claim: it goes on, and its claim is the first attempt of the way
 * back. A job that has turned back already stays as it is.
 */
export async function turnBackInHand(trx: Knex.Transaction, jobId: string, error: ErrorText): Promise<void> {
  const changed = await change(
    trx,
    `UPDATE job_tracking
        SET workflow_direction = 'undo', workflow_reason = ?, error_code = ?, error_message = ?, error_hint = ?,
            attempt = 1, updated_at = NOW(6)
      WHERE id = ? AND workflow_direction <> 'undo'`,
    [`${error.code}: ${error.message}`, error.code, error.message, error.hint, jobId],
  );
  if (changed === 1) await recordJobEvent(trx, jobId, turnsBack(error));
}

const turnsBack = (error: ErrorText): JobEvent => ({
  level: 'WARN',
  message: 'job turns back',
  attrs: reasonOf(error),
});

const reasonOf = ({ code, message, hint }: ErrorText): Record<string, unknown> => ({ code, reason: message, hint });

/** Names of the steps that an undo would have to look at, newest first: begun, done or failed, and not undone. */
export async function undoableSteps(db: Knex, jobId: string): Promise<string[]> {
  const rows = await select<{ name: string }>(
    db,
    "SELECT name FROM job_steps WHERE job_id = ? AND undone_at IS NULL AND status <> 'skipped' ORDER BY seq DESC",
    [jobId],
  );
  return rows.map((row) => row.name);
}
