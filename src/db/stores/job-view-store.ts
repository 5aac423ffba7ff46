import type { Knex } from 'knex';
import type { QueryBuilder } from 'objection';
import { type After, newestFirst } from './newest-first.ts';
import { columnsOf } from '../columns.ts';
import { JobStep } from '../models/job-steps.ts';
import { JobTracking } from '../models/job-tracking.ts';

/** job_tracking and job_steps as clients see them: without payloads, leases and other inner matters. */

const FIELDS = [
  'id',
  'parentJobId',
  'jobType',
  'jobCategory',
  'operation',
  'queue',
  'contextId',
  'status',
  'dispatchState',
  'percentComplete',
  'attempt',
  'maxAttempts',
  'notBefore',
  'cancelRequestedAt',
  'errorCode',
  'errorMessage',
  'errorHint',
  'createdAt',
  'updatedAt',
  'startedAt',
  'completedAt',
] as const satisfies readonly (keyof JobTracking)[];

export type JobView = Pick<JobTracking, (typeof FIELDS)[number]>;

export async function findJobView(db: Knex, jobId: string): Promise<JobView | undefined> {
  return (await JobTracking.query(db).select(columnsOf(FIELDS)).findById(jobId))?.toJSON();
}

/** What the job returned; null before it completed, and for a job that returns nothing. */
export async function jobResult(db: Knex, jobId: string): Promise<unknown> {
  return (await JobTracking.query(db).select('result').findById(jobId))?.result ?? null;
}

export interface JobQuery {
  readonly status?: string | undefined;
  readonly queue?: string | undefined;
  readonly contextId?: string | undefined;
  readonly parentJobId?: string | undefined;
  readonly jobType?: string | undefined;
  readonly operation?: string | undefined;
  /** Accepted at this moment or later. */
  readonly since?: Date | undefined;
  /** Accepted before this moment. */
  readonly until?: Date | undefined;
  readonly limit: number;
  readonly after?: After | undefined;
}

/** One page, newest first, and how many there are in all. */
export async function listJobViews(
  db: Knex,
  query: JobQuery,
): Promise<{ readonly total: number; readonly rows: JobView[] }> {
  const filter = (builder: QueryBuilder<JobTracking>): void => narrow(builder, query);
  const page = JobTracking.query(db)
    .select(columnsOf(FIELDS))
    .modify(filter)
    .modify((rows) => newestFirst(rows, query));
  const [total, rows] = await Promise.all([JobTracking.query(db).modify(filter).resultSize(), page]);
  return { total, rows: rows.map((row) => row.toJSON()) };
}

function narrow(builder: QueryBuilder<JobTracking>, query: JobQuery): void {
  const wanted = {
    status: query.status,
    queue: query.queue,
    context_id: query.contextId,
    parent_job_id: query.parentJobId,
    job_type: query.jobType,
    operation: query.operation,
  };
  for (const [column, value] of Object.entries(wanted)) if (value !== undefined) void builder.where(column, value);
  if (query.since !== undefined) void builder.where('created_at', '>=', query.since);
  if (query.until !== undefined) void builder.where('created_at', '<', query.until);
}

const STEP_FIELDS = [
  'name',
  'seq',
  'status',
  'runs',
  'startedAt',
  'completedAt',
  'undoneAt',
  'errorMessage',
] as const satisfies readonly (keyof JobStep)[];

export type StepView = Pick<JobStep, (typeof STEP_FIELDS)[number]>;

/** The steps of a job in the order in which they were first begun. */
export async function listSteps(db: Knex, jobId: string): Promise<StepView[]> {
  const rows = await JobStep.query(db).select(columnsOf(STEP_FIELDS)).where('job_id', jobId).orderBy('seq');
  return rows.map((row) => row.toJSON());
}

/** The newest jobs that this job asked for, at most 100. */
export async function listChildren(db: Knex, jobId: string): Promise<Pick<JobView, 'id' | 'operation' | 'status'>[]> {
  const rows = await JobTracking.query(db)
    .select('id', 'operation', 'status')
    .where('parent_job_id', jobId)
    .orderBy('id', 'desc')
    .limit(100);
  return rows.map((row) => row.toJSON());
}

/** These jobs, in no order; those that do not exist are left out. */
export async function jobViewsByIds(db: Knex, ids: readonly string[]): Promise<JobView[]> {
  if (ids.length === 0) return [];
  const rows = await JobTracking.query(db)
    .select(columnsOf(FIELDS))
    .whereIn('id', [...ids]);
  return rows.map((row) => row.toJSON());
}

const OPEN_STATES = ['queued', 'dispatched', 'claimed', 'waiting', 'retry_wait'];

/** Jobs that have not ended and whose row changed within `changedWithinMs` by the database's clock; oldest first. */
export async function openJobViews(
  db: Knex,
  query: { readonly changedWithinMs?: number | undefined; readonly limit: number },
): Promise<JobView[]> {
  const rows = await JobTracking.query(db)
    .select(columnsOf(FIELDS))
    .whereIn('dispatch_state', OPEN_STATES)
    .modify((builder) => {
      if (query.changedWithinMs === undefined) return;
      void builder.whereRaw('updated_at >= NOW(3) - INTERVAL ? MICROSECOND', [
        Math.round(query.changedWithinMs * 1000),
      ]);
    })
    .orderBy('id')
    .limit(query.limit);
  return rows.map((row) => row.toJSON());
}
