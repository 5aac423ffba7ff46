import type { Knex } from '../knex.ts';

/** What the pages for people show beside the job views: names, who works, the newest log, counts. */

export interface JobFacts {
  readonly operation: string;
  readonly payload: unknown;
  /** The VM's; null for a job that has none, or whose VM was forgotten. */
  readonly contextId: string | null;
  readonly vmName: string | null;
  /** The worker that has the job now. */
  readonly leaseOwner: string | null;
  readonly cancelReason: string | null;
  /** Of the transfer for a replication, else of the job; null when nothing was reported yet. */
  readonly percent: number | null;
}

interface FactsRow {
  id: string;
  operation: string;
  payload: unknown;
  context_id: string | null;
  vm_name: string | null;
  lease_owner: string | null;
  cancel_reason: string | null;
  percent_complete: number | null;
  progress_percent: string | null;
}

/** By job id, in one query. */
export async function jobFacts(db: Knex, jobIds: readonly string[]): Promise<ReadonlyMap<string, JobFacts>> {
  if (jobIds.length === 0) return new Map();
  const rows = await db('job_tracking as job')
    .leftJoin('vm_replication_contexts as context', 'context.context_id', 'job.context_id')
    .leftJoin('replication_jobs as replication', 'replication.id', 'job.id')
    .whereIn('job.id', jobIds)
    .select<FactsRow[]>(
      'job.id',
      'job.operation',
      'job.payload',
      'context.context_id',
      'context.vm_name',
      'job.lease_owner',
      'job.cancel_reason',
      'job.percent_complete',
      'replication.progress_percent',
    );
  return new Map(
    rows.map((row) => [
      row.id,
      {
        operation: row.operation,
        payload: parsed(row.payload),
        contextId: row.context_id,
        vmName: row.vm_name,
        leaseOwner: row.lease_owner,
        cancelReason: row.cancel_reason,
        percent: percentOf(row),
      },
    ]),
  );
}

function percentOf(row: FactsRow): number | null {
  const percent = row.progress_percent ?? row.percent_complete;
  return percent === null ? null : Number(percent);
}

/** MariaDB hands JSON over as text, MySQL as a value. */
function parsed(json: unknown): unknown {
  if (typeof json !== 'string') return json;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

export interface JobCounts {
  readonly running: number;
  readonly pending: number;
  /** In the last 24 hours, by the database's clock. */
  readonly failed: number;
  readonly completed: number;
}

export async function countJobs(db: Knex): Promise<JobCounts> {
  const [open, ended] = await Promise.all([
    db('job_tracking')
      .whereIn('status', ['pending', 'running'])
      .groupBy('status')
      .select<{ status: string; count: number }[]>('status', db.raw('count(*) as count')),
    db('job_tracking')
      .whereIn('status', ['failed', 'completed'])
      .whereRaw('completed_at > now(6) - interval 24 hour')
      .groupBy('status')
      .select<{ status: string; count: number }[]>('status', db.raw('count(*) as count')),
  ]);
  const count = (status: string): number =>
    Number([...open, ...ended].find((row) => row.status === status)?.count ?? 0);
  return {
    running: count('running'),
    pending: count('pending'),
    failed: count('failed'),
    completed: count('completed'),
  };
}
