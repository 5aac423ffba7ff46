import type { Knex } from 'knex';

/** The VM that a job is about. */
export interface JobVm {
  readonly contextId: string;
  readonly vmName: string;
}

/** By id of the job. Jobs about no VM, and those that the ledger does not know, are absent. One query. */
export async function vmsOfJobs(db: Knex, jobIds: readonly string[]): Promise<Map<string, JobVm>> {
  if (jobIds.length === 0) return new Map();
  const rows = await db('job_tracking as job')
    .join('vm_replication_contexts as context', 'context.context_id', 'job.context_id')
    .whereIn('job.id', [...jobIds])
    .select<{ id: string; context_id: string; vm_name: string }[]>('job.id', 'context.context_id', 'context.vm_name');
  return new Map(rows.map((row) => [row.id, { contextId: row.context_id, vmName: row.vm_name }]));
}
