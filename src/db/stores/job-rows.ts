import type { Knex } from 'knex';
import { insertAll, select } from '../sql.ts';
import { recordFirstEvents, type FirstEvent } from './job-event-store.ts';

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

/** What the place of each column holds; `?` is a value of the job, in this order. */
const NEW_ROW = {
  id: '?',
  parent_job_id: '?',
  child_key: '?',
  parent_epoch: '?',
  job_type: '?',
  operation: '?',
  status: "'pending'",
  external_job_id: '?',
  owner: '?',
  context_id: '?',
  active_context_id: '?',
  job_category: '?',
  queue: '?',
  payload: '?',
  priority: '?',
  dispatch_state: "'queued'",
  dispatch_generation: '1',
  not_before: 'NOW(6) + INTERVAL ? MICROSECOND',
  attempt: '0',
  max_attempts: '?',
  lease_epoch: '0',
  workflow_direction: "'forward'",
  request_id: '?',
  percent_complete: '0',
  created_at: 'NOW(6)',
  updated_at: 'NOW(6)',
};

/**
 * Rows of new jobs, and the first event of each: two statements for all of them. Of jobs that are accepted together
 * the relay sends the one with the smaller id first, and their events are told in the order that is given here.
 */
export async function insertJobs(trx: Knex.Transaction, jobs: readonly NewJob[]): Promise<void> {
  // Everybody takes places in the unique key of active contexts in one order: so they wait for, and do not deadlock, each other.
  const inOrder = jobs.toSorted((a, b) => compare(a.contextId ?? '', b.contextId ?? ''));
  await insertAll(trx, { table: 'job_tracking', columns: NEW_ROW }, inOrder.map(valuesOf));
  await recordFirstEvents(trx, jobs.map(acceptedEvent));
}

const compare = (a: string, b: string): number => Number(a > b) - Number(a < b);

const valuesOf = (job: NewJob): Knex.Value[] => [
  job.id,
  job.parent?.jobId ?? null,
  job.parent?.key ?? null,
  job.parent?.epoch ?? null,
  job.jobType,
  job.operation,
  job.externalJobId,
  job.owner,
  job.contextId,
  job.holdsContext ? job.contextId : null,
  job.jobCategory,
  job.queue,
  job.payloadJson,
  job.priority,
  job.delayMs * 1000,
  job.maxAttempts,
  job.requestId,
];

const acceptedEvent = (job: NewJob): FirstEvent => ({
  jobId: job.id,
  contextId: job.contextId,
  externalJobId: job.externalJobId,
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
