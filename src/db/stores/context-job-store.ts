import type { Knex } from 'knex';

/** The newest jobs of a VM, of every kind, as its page shows them: replication_jobs, job_tracking and job_steps. */

export interface ReplicationOfContext {
  readonly id: string;
  readonly status: string;
  readonly progressPercent: number;
  readonly replicationType: string;
  readonly currentOperation: string | null;
  readonly errorMessage: string | null;
  readonly errorCode: string | null;
  readonly errorHint: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
}

export interface TrackedOfContext {
  readonly id: string;
  readonly externalJobId: string | null;
  readonly queue: string | null;
  readonly status: string;
  readonly percentComplete: number | null;
  /** Of a failover: live or test. */
  readonly failoverType: string | null;
  readonly failoverPercent: number | null;
  readonly failoverStep: string | null;
  readonly errorMessage: string | null;
  readonly errorCode: string | null;
  readonly errorHint: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
}

const NEWEST_FIRST = [
  { column: 'job.created_at', order: 'desc' },
  { column: 'job.id', order: 'desc' },
];

/** The newest replications of a VM. */
export async function replicationsOf(db: Knex, contextId: string, limit: number): Promise<ReplicationOfContext[]> {
  const rows = await db('replication_jobs as job')
    .where('job.vm_context_id', contextId)
    .orderBy(NEWEST_FIRST)
    .limit(limit)
    .select<(Omit<ReplicationOfContext, 'progressPercent'> & { progressPercent: string })[]>({
      id: 'job.id',
      status: 'job.status',
      progressPercent: 'job.progress_percent',
      replicationType: 'job.replication_type',
      currentOperation: 'job.current_operation',
      errorMessage: 'job.error_message',
      errorCode: 'job.error_code',
      errorHint: 'job.error_hint',
      createdAt: 'job.created_at',
      startedAt: 'job.started_at',
      completedAt: 'job.completed_at',
    });
  return rows.map((row) => ({ ...row, progressPercent: Number(row.progressPercent) }));
}

/** The newest failovers, rollbacks and deletions of a VM; not the jobs that these asked for. */
export async function trackedOf(db: Knex, contextId: string, limit: number): Promise<TrackedOfContext[]> {
  const rows = await db('job_tracking as job')
    .leftJoin('failover_jobs as failover', 'failover.job_id', 'job.id')
    .where('job.context_id', contextId)
    .whereIn('job.job_type', ['failover', 'cleanup'])
    .whereNull('job.parent_job_id')
    .orderBy(NEWEST_FIRST)
    .limit(limit)
    .select<(Omit<TrackedOfContext, 'failoverPercent'> & { failoverPercent: string | null })[]>({
      id: 'job.id',
      externalJobId: 'job.external_job_id',
      queue: 'job.queue',
      status: 'job.status',
      percentComplete: 'job.percent_complete',
      failoverType: 'failover.job_type',
      failoverPercent: 'failover.progress_percent',
      failoverStep: 'failover.current_step',
      errorMessage: 'job.error_message',
      errorCode: 'job.error_code',
      errorHint: 'job.error_hint',
      createdAt: 'job.created_at',
      startedAt: 'job.started_at',
      completedAt: 'job.completed_at',
    });
  return rows.map((row) => ({
    ...row,
    failoverPercent: row.failoverPercent === null ? null : Number(row.failoverPercent),
  }));
}

/** The step that each job is in, or was in last; a job without steps has no entry. One query, or none. */
export async function currentSteps(db: Knex, jobIds: readonly string[]): Promise<Map<string, string>> {
  if (jobIds.length === 0) return new Map();
  const rows = await db('job_steps')
    .whereIn('job_id', jobIds)
    .orderBy(['job_id', 'seq'])
    .select<{ job_id: string; name: string; status: string }[]>('job_id', 'name', 'status');
  const steps = new Map<string, string>();
  const running = new Set<string>();
  for (const row of rows) {
    if (running.has(row.job_id) && row.status !== 'running') continue;
    steps.set(row.job_id, row.name);
    if (row.status === 'running') running.add(row.job_id);
  }
  return steps;
}
