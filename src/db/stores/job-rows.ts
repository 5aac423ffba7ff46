import type { Knex } from 'knex';
import { select } from '../sql.ts';
import { recordJobEvent } from './job-event-store.ts';

/**
 * Rows of job_tracking: what a job is and where it stands. The other job-*.ts files of this folder move them.
 * All times are the database's: clocks of workers differ, and a lease must not.
 */

export type JobStatus = 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
export type DispatchState = 'queued' | 'dispatched' | 'claimed' | 'waiting' | 'retry_wait' | 'closed';

export interface JobRecord {
  readonly id: string;
  readonly parentJobId: string | null;
  readonly queue: string;
  /** Name of the contract. */
  readonly operation: string;
  readonly status: JobStatus;
  readonly dispatchState: DispatchState;
  readonly generation: number;
  readonly priority: number;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly leaseOwner: string | null;
  readonly leaseEpoch: number;
  readonly contextId: string | null;
  /** JSON as text: the contract of the job decodes it. */
  readonly payloadJson: string;
  readonly resultJson: string | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly errorHint: string | null;
  readonly cancelRequested: boolean;
  readonly cancelReason: string | null;
  readonly direction: 'forward' | 'undo';
  readonly committed: boolean;
  readonly workflowReason: string | null;
  /** Since the row was made. */
  readonly ageMs: number;
  /** Since the first claim; 0 before it. */
  readonly runningMs: number;
}

// CAST makes JSON text on MySQL and MariaDB alike, whatever the driver would do with the type.
const COLUMNS = `
  id, parent_job_id, queue, operation, status, dispatch_state, dispatch_generation, priority, attempt, max_attempts,
  lease_owner, lease_epoch, context_id, CAST(payload AS CHAR) AS payload_json, CAST(result AS CHAR) AS result_json,
  error_code, error_message, error_hint, cancel_requested_at IS NOT NULL AS cancel_requested, cancel_reason,
  workflow_direction, workflow_committed_at IS NOT NULL AS committed, workflow_reason,
  TIMESTAMPDIFF(SECOND, created_at, NOW(6)) AS age_s,
  COALESCE(TIMESTAMPDIFF(SECOND, started_at, NOW(6)), 0) AS running_s`;

interface Row {
  id: string;
  parent_job_id: string | null;
  queue: string;
  operation: string;
  status: JobStatus;
  dispatch_state: DispatchState;
  dispatch_generation: number;
  priority: number;
  attempt: number;
  max_attempts: number;
  lease_owner: string | null;
  lease_epoch: number | string;
  context_id: string | null;
  payload_json: string | null;
  result_json: string | null;
  error_code: string | null;
  error_message: string | null;
  error_hint: string | null;
  cancel_requested: number;
  cancel_reason: string | null;
  workflow_direction: 'forward' | 'undo' | null;
  committed: number;
  workflow_reason: string | null;
  age_s: number | string;
  running_s: number | string;
}

export async function findJob(db: Knex, id: string): Promise<JobRecord | undefined> {
  return (await selectJobs(db, 'WHERE id = ?', [id]))[0];
}

/** The row, locked until the end of the transaction. Lock a child before its parent, never the other way round. */
export async function lockJob(trx: Knex.Transaction, id: string): Promise<JobRecord | undefined> {
  return (await selectJobs(trx, 'WHERE id = ? FOR UPDATE', [id]))[0];
}

/** The child that was asked for under this key, whatever its state. */
export async function findChild(db: Knex, parentJobId: string, key: string): Promise<JobRecord | undefined> {
  return (await selectJobs(db, 'WHERE parent_job_id = ? AND child_key = ?', [parentJobId, key]))[0];
}

/** Children that have not ended, oldest first. */
export async function openChildren(db: Knex, parentJobId: string): Promise<JobRecord[]> {
  return selectJobs(db, "WHERE parent_job_id = ? AND dispatch_state <> 'closed' ORDER BY id", [parentJobId]);
}

/** The root job that holds this context, if any. */
export async function findActiveJob(db: Knex, contextId: string): Promise<JobRecord | undefined> {
  return (await selectJobs(db, 'WHERE active_context_id = ?', [contextId]))[0];
}

/** Runs `SELECT <columns of a job> FROM job_tracking <rest>`; for the files of this folder. */
export async function selectJobs(
  db: Knex,
  rest: string,
  bindings: readonly (string | number)[] = [],
): Promise<JobRecord[]> {
  const rows = await select<Row>(db, `SELECT ${COLUMNS} FROM job_tracking ${rest}`, [...bindings]);
  return rows.map(toRecord);
}

export interface NewJob {
  readonly id: string;
  readonly queue: string;
  readonly operation: string;
  readonly jobType: string;
  readonly jobCategory: string;
  readonly payloadJson: string;
  readonly priority: number;
  readonly maxAttempts: number;
  readonly contextId: string | null;
  /** A root job holds its context: UNIQUE, the database refuses a second one. */
  readonly holdsContext: boolean;
  readonly parent: { readonly jobId: string; readonly key: string; readonly epoch: number } | null;
  /** Waits this long before it is sent to a worker. */
  readonly delayMs: number;
  readonly owner: string | null;
  readonly requestId: string | null;
  readonly externalJobId: string | null;
}

export async function insertJob(trx: Knex.Transaction, job: NewJob): Promise<void> {
  const now = trx.raw('NOW(6)');
  await trx('job_tracking').insert({
    id: job.id,
    parent_job_id: job.parent?.jobId ?? null,
    child_key: job.parent?.key ?? null,
    parent_epoch: job.parent?.epoch ?? null,
    job_type: job.jobType,
    operation: job.operation,
    status: 'pending',
    external_job_id: job.externalJobId,
    owner: job.owner,
    context_id: job.contextId,
    active_context_id: job.holdsContext ? job.contextId : null,
    job_category: job.jobCategory,
    queue: job.queue,
    payload: job.payloadJson,
    priority: job.priority,
    dispatch_state: 'queued',
    dispatch_generation: 1,
    not_before: trx.raw('NOW(6) + INTERVAL ? MICROSECOND', [job.delayMs * 1000]),
    attempt: 0,
    max_attempts: job.maxAttempts,
    lease_epoch: 0,
    workflow_direction: 'forward',
    request_id: job.requestId,
    percent_complete: 0,
    created_at: now,
    updated_at: now,
  });
  await recordJobEvent(trx, job.id, {
    level: 'INFO',
    message: 'job accepted',
    attrs: {
      operation: job.operation,
      queue: job.queue,
      owner: job.owner,
      request_id: job.requestId,
      parent_job_id: job.parent?.jobId,
    },
  });
}

function toRecord(row: Row): JobRecord {
  return {
    id: row.id,
    parentJobId: row.parent_job_id,
    queue: row.queue,
    operation: row.operation,
    status: row.status,
    dispatchState: row.dispatch_state,
    generation: row.dispatch_generation,
    priority: row.priority,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    leaseOwner: row.lease_owner,
    leaseEpoch: Number(row.lease_epoch),
    contextId: row.context_id,
    payloadJson: row.payload_json ?? 'null',
    resultJson: row.result_json,
    errorCode: row.error_code,
    errorMessage: row.error_message,
    errorHint: row.error_hint,
    cancelRequested: row.cancel_requested === 1,
    cancelReason: row.cancel_reason,
    direction: row.workflow_direction === 'undo' ? 'undo' : 'forward',
    committed: row.committed === 1,
    workflowReason: row.workflow_reason,
    ageMs: Number(row.age_s) * 1000,
    runningMs: Number(row.running_s) * 1000,
  };
}
