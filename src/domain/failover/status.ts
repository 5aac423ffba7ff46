import type { ContextStatus } from '../context-status.ts';

/** The states of failover_jobs, in the seed's words, and what each end means for every table that tells of it. */

export const FAILOVER_STATUSES = [
  'pending',
  'validating',
  'snapshotting',
  'creating_vm',
  'switching_volume',
  'powering_on',
  'completed',
  'failed',
  'cleanup',
  'reverting',
] as const;
export type FailoverStatus = (typeof FAILOVER_STATUSES)[number];

const PERCENT_OF: Readonly<Partial<Record<FailoverStatus, number>>> = {
  pending: 0,
  validating: 10,
  snapshotting: 25,
  creating_vm: 50,
  switching_volume: 75,
  powering_on: 90,
  completed: 100,
};

/** Null: it keeps the last one. */
export const percentOf = (status: FailoverStatus): number | null => PERCENT_OF[status] ?? null;

const ENDED: ReadonlySet<string> = new Set(['completed', 'failed'] satisfies FailoverStatus[]);

/** A job works on it: neither its replications nor its VM may be taken away. */
export const isActive = (status: string): boolean => !ENDED.has(status);

/** How a failover, or what follows it, can end. */
export const OUTCOME_NAMES = [
  'test-completed',
  'live-completed',
  'failed-undone',
  'failed-not-undone',
  'cancelled',
  'cancelled-not-undone',
  'test-rolled-back',
  'live-rolled-back',
  'rollback-incomplete',
  'live-committed',
] as const;
export type OutcomeName = (typeof OUTCOME_NAMES)[number];

export interface Outcome {
  /** job_tracking.status of the job that ended. */
  readonly jobTracking: 'completed' | 'failed' | 'cancelled';
  /** failover_jobs.status of the failover that it is about. */
  readonly failoverJobs: FailoverStatus;
  /** vm_replication_contexts.current_status; null: what it was before, as the copy allows. */
  readonly context: ContextStatus | null;
  /** device_mappings.operation_mode of its volumes; mixed: where each of them is. */
  readonly mode: 'oma' | 'failover' | 'mixed';
}

/** The one table of ends; docs/failover.md shows it. */
export const OUTCOMES: Readonly<Record<OutcomeName, Outcome>> = {
  'test-completed': end(['completed', 'completed'], 'failed_over_test', 'failover'),
  'live-completed': end(['completed', 'completed'], 'failed_over_live', 'failover'),
  'failed-undone': end(['failed', 'failed'], null, 'oma'),
  'failed-not-undone': end(['failed', 'failed'], 'cleanup_required', 'mixed'),
  cancelled: end(['cancelled', 'failed'], null, 'oma'),
  'cancelled-not-undone': end(['failed', 'failed'], 'cleanup_required', 'mixed'),
  'test-rolled-back': end(['completed', 'completed'], 'ready_for_failover', 'oma'),
  'live-rolled-back': end(['completed', 'completed'], 'ready_for_failover', 'oma'),
  'rollback-incomplete': end(['failed', 'failed'], 'cleanup_required', 'mixed'),
  'live-committed': end(['completed', 'completed'], 'completed', 'failover'),
};

function end(
  [jobTracking, failoverJobs]: readonly [Outcome['jobTracking'], FailoverStatus],
  context: ContextStatus | null,
  mode: Outcome['mode'],
): Outcome {
  return { jobTracking, failoverJobs, context, mode };
}
