import type { Knex } from 'knex';
import { recordJobEvent } from './job-event-store.ts';
import { lockJob, type JobRecord } from './job-rows.ts';
import type { ErrorText } from './job-settle.ts';
import { change } from '../sql.ts';

export interface ClaimRequest {
  readonly jobId: string;
  /** Of the message; an older one is a message that was sent again since. */
  readonly generation: number;
  /** Name of this worker process. */
  readonly owner: string;
  readonly leaseMs: number;
}

/**
 * Takes the job for this worker: a new epoch, one more attempt, a lease. Undefined when there is nothing to take: the
 * message is stale, the job ended, waits or is in other hands. The caller then forgets the message; whatever must run
 * again is sent again by the relay.
 */
export async function claimJob(trx: Knex.Transaction, request: ClaimRequest): Promise<JobRecord | undefined> {
  const taken = await change(
    trx,
    `UPDATE job_tracking
        SET status = 'running', dispatch_state = 'claimed', attempt = attempt + 1, lease_owner = ?,
            lease_epoch = lease_epoch + 1, lease_expires_at = NOW(6) + INTERVAL ? MICROSECOND,
            started_at = COALESCE(started_at, NOW(6)), updated_at = NOW(6)
      WHERE id = ? AND dispatch_generation = ? AND status IN ('pending', 'running')
        AND dispatch_state IN ('queued', 'dispatched')`,
    [request.owner, request.leaseMs * 1000, request.jobId, request.generation],
  );
  if (taken !== 1) return undefined;
  await recordJobEvent(trx, request.jobId, { level: 'INFO', message: 'job claimed' });
  return lockJob(trx, request.jobId);
}

/**
 * This worker cannot read the job (a newer version wrote it): back to the queue for later, unclaimed.
 * @returns whether the row was still there to be put back
 */
export async function postponeJob(
  db: Knex,
  job: { readonly id: string; readonly generation: number },
  wait: { readonly delayMs: number; readonly error: ErrorText },
): Promise<boolean> {
  const { delayMs, error } = wait;
  const changed = await change(
    db,
    `UPDATE job_tracking
        SET dispatch_state = 'retry_wait', dispatch_generation = dispatch_generation + 1,
            error_code = ?, error_message = ?, error_hint = ?,
            not_before = NOW(6) + INTERVAL ? MICROSECOND, updated_at = NOW(6)
      WHERE id = ? AND dispatch_generation = ? AND dispatch_state IN ('queued', 'dispatched')`,
    [error.code, error.message, error.hint, delayMs * 1000, job.id, job.generation],
  );
  return changed === 1;
}

/** A claim that failed counts as one. The caller holds the row. */
export async function spendAttempt(trx: Knex.Transaction, jobId: string): Promise<void> {
  await change(trx, 'UPDATE job_tracking SET attempt = attempt + 1, updated_at = NOW(6) WHERE id = ?', [jobId]);
}
