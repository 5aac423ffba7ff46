import type { Knex } from 'knex';
import type { ReplicationStatus } from './replication-store.ts';

/** job_tracking and job_steps as clients see them: without payloads, leases and other inner matters. */

export interface JobView {
  readonly jobId: string;
  readonly parentJobId: string | null;
  readonly jobType: string;
  readonly jobCategory: string;
  readonly operation: string;
  readonly queue: string | null;
  readonly contextId: string | null;
  readonly status: ReplicationStatus;
  readonly dispatchState: string | null;
  readonly percentComplete: number | null;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly notBefore: Date | null;
  readonly cancelRequestedAt: Date | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly errorHint: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
}

const TABLE = 'job_tracking';

const COLUMNS: Readonly<Record<keyof JobView, string>> = {
  jobId: 'id',
  parentJobId: 'parent_job_id',
  jobType: 'job_type',
  jobCategory: 'job_category',
  operation: 'operation',
  queue: 'queue',
  contextId: 'context_id',
  status: 'status',
  dispatchState: 'dispatch_state',
  percentComplete: 'percent_complete',
  attempt: 'attempt',
  maxAttempts: 'max_attempts',
  notBefore: 'not_before',
  cancelRequestedAt: 'cancel_requested_at',
  errorCode: 'error_code',
  errorMessage: 'error_message',
  errorHint: 'error_hint',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  startedAt: 'started_at',
  completedAt: 'completed_at',
};

export async function findJobView(db: Knex, jobId: string): Promise<JobView | undefined> {
  const rows = await db(TABLE)
    .where('id', jobId)
    .select<JobView[]>({ ...COLUMNS });
  return rows[0];
}

export interface JobQuery {
  readonly status?: ReplicationStatus | undefined;
  readonly queue?: string | undefined;
  readonly contextId?: string | undefined;
  readonly limit: number;
  /** Creation time and id of the last row of the page before. */
  readonly after?: { readonly createdAt: Date; readonly jobId: string } | undefined;
}

/** One page, newest first, and how many there are in all. */
export async function listJobViews(
  db: Knex,
  query: JobQuery,
): Promise<{ readonly total: number; readonly rows: JobView[] }> {
  const filter = (builder: Knex.QueryBuilder): void => {
    if (query.status !== undefined) void builder.where('status', query.status);
    if (query.queue !== undefined) void builder.where('queue', query.queue);
    if (query.contextId !== undefined) void builder.where('context_id', query.contextId);
  };
  const page = db(TABLE)
    .modify(filter)
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(query.limit)
    .select<JobView[]>({ ...COLUMNS });
  const { after } = query;
  if (after !== undefined) {
    void page
      .where('created_at', '<=', after.createdAt)
      .whereRaw('(created_at < ? or id < ?)', [after.createdAt, after.jobId]);
  }
  const [counted, rows] = await Promise.all([
    db(TABLE).modify(filter).count<{ total: number | string }[]>({ total: '*' }),
    page,
  ]);
  return { total: Number(counted[0]?.total ?? 0), rows };
}

export interface StepView {
  readonly name: string;
  readonly seq: number;
  readonly status: 'running' | 'completed' | 'failed' | 'skipped';
  readonly runs: number;
  readonly startedAt: Date;
  readonly completedAt: Date | null;
  readonly undoneAt: Date | null;
  readonly errorMessage: string | null;
}

/** The steps of a job in the order in which they were first begun. */
export async function listSteps(db: Knex, jobId: string): Promise<StepView[]> {
  const columns: Readonly<Record<keyof StepView, string>> = {
    name: 'name',
    seq: 'seq',
    status: 'status',
    runs: 'runs',
    startedAt: 'started_at',
    completedAt: 'completed_at',
    undoneAt: 'undone_at',
    errorMessage: 'error_message',
  };
  return db('job_steps').where('job_id', jobId).orderBy('seq').select<StepView[]>(columns);
}

/** The newest jobs that this job asked for, at most 100. */
export async function listChildren(
  db: Knex,
  jobId: string,
): Promise<Pick<JobView, 'jobId' | 'operation' | 'status'>[]> {
  return db(TABLE)
    .where('parent_job_id', jobId)
    .orderBy('id', 'desc')
    .limit(100)
    .select<Pick<JobView, 'jobId' | 'operation' | 'status'>[]>({ jobId: 'id', operation: 'operation', status: 'status' });
}
