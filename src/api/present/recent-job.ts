import { SECOND } from '../../base/units.ts';
import type { ReplicationOfContext, TrackedOfContext } from '../../db/stores/context-job-store.ts';
import { errorCategory } from '../../domain/error-category.ts';
import type { RecentJob } from '../schemas/vm-contexts.ts';

/** Jobs of different tables in the one shape in which a VM shows them. */

const JOBS_MAX = 20;

export interface RecentRows {
  readonly replications: readonly ReplicationOfContext[];
  readonly tracked: readonly TrackedOfContext[];
  /** Current step by job. */
  readonly steps: ReadonlyMap<string, string>;
  readonly nowMs: number;
}

/** Newest first, at most 20. */
export function presentRecentJobs(rows: RecentRows): RecentJob[] {
  const jobs = [
    ...rows.replications.map((row) => replication(row, rows)),
    ...rows.tracked.map((row) => tracked(row, rows)),
  ];
  const newestFirst = (a: RecentJob, b: RecentJob): number =>
    b.created_at.localeCompare(a.created_at) || b.job_id.localeCompare(a.job_id);
  return jobs.toSorted(newestFirst).slice(0, JOBS_MAX);
}

function replication(row: ReplicationOfContext, { steps, nowMs }: RecentRows): RecentJob {
  return {
    ...common(row, nowMs),
    external_job_id: null,
    job_type: 'replication',
    progress: row.progressPercent,
    display_name: row.replicationType === 'incremental' ? 'Incremental replication' : 'Full replication',
    current_step: steps.get(row.id) ?? row.currentOperation,
    data_source: 'replication_jobs',
  };
}

const NAMES = {
  test_failover: 'Test failover',
  live_failover: 'Live failover',
  rollback: 'Rollback',
  deletion: 'Deletion of a replication',
} as const;

function tracked(row: TrackedOfContext, { steps, nowMs }: RecentRows): RecentJob {
  const jobType = typeOf(row);
  return {
    ...common(row, nowMs),
    external_job_id: row.externalJobId,
    job_type: jobType,
    progress: progressOf(row),
    display_name: NAMES[jobType],
    current_step: steps.get(row.id) ?? row.failoverStep,
    data_source: 'job_tracking',
  };
}

function typeOf(row: TrackedOfContext): keyof typeof NAMES {
  if (row.queue === 'delete-job') return 'deletion';
  if (row.queue === 'rollback') return 'rollback';
  return row.failoverType === 'live' ? 'live_failover' : 'test_failover';
}

function progressOf(row: TrackedOfContext): number {
  if (row.status === 'completed') return 100;
  return row.failoverPercent ?? row.percentComplete ?? 0;
}

type Common = ReplicationOfContext | TrackedOfContext;
type CommonFields = Pick<
  RecentJob,
  | 'job_id'
  | 'status'
  | 'created_at'
  | 'started_at'
  | 'completed_at'
  | 'error_message'
  | 'error_category'
  | 'actionable_steps'
  | 'duration_seconds'
>;

function common(row: Common, nowMs: number): CommonFields {
  const endMs = row.completedAt?.getTime() ?? nowMs;
  const durationMs = row.startedAt === null ? 0 : Math.max(0, endMs - row.startedAt.getTime());
  return {
    job_id: row.id,
    status: row.status,
    created_at: row.createdAt.toISOString(),
    started_at: row.startedAt?.toISOString() ?? null,
    completed_at: row.completedAt?.toISOString() ?? null,
    error_message: row.errorMessage,
    error_category: row.errorCode === null ? null : errorCategory(row.errorCode),
    actionable_steps: row.errorHint === null ? [] : stepsOf(row.errorHint),
    duration_seconds: Math.floor(durationMs / SECOND),
  };
}

/** A hint is one sentence; its parts are separated by semicolons. */
const stepsOf = (hint: string): string[] =>
  hint
    .split(';')
    .map((step) => step.trim())
    .filter((step) => step !== '');
