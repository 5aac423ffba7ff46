import { randomUUID } from 'node:crypto';
import { DeletionResult } from '../../src/queues/jobs/delete-job.ts';
import type { JobRecord } from '../../src/db/stores/job-rows.ts';
import type { ReplicatedVm } from './replicated-vm.ts';
import type { ReplicationStand } from './replication-stand.ts';

/** Replications of a stand, and what is left when they are deleted. */

/** A replication by a worker of this process, to its end. */
export function replicate(stand: ReplicationStand, vm: ReplicatedVm, more: object = {}): Promise<JobRecord> {
  return stand.withWorker(async () => stand.ended(await vm.submit(more)));
}

/** The deletion of a replication by a worker of this process, to its end. */
export function deleted(
  stand: ReplicationStand,
  jobId: string,
  how: { readonly deleteVolumes?: boolean } = {},
): Promise<JobRecord> {
  return stand.withWorker(async () => stand.ended(await stand.delete(jobId, how)));
}

export const resultOf = (job: JobRecord): DeletionResult => DeletionResult.parse(JSON.parse(job.resultJson ?? 'null'));

/** A VM of the cloud besides the appliance. */
export function makeOtherVm({ cloud }: ReplicationStand): string {
  const id = randomUUID();
  cloud.simulator.edit((world) => {
    const [oma] = world.vms;
    if (oma !== undefined) world.vms.push({ ...structuredClone(oma), id, name: `vm-${id}` });
  });
  return id;
}

export interface Rows {
  readonly status: string;
  readonly counters: { readonly total: number; readonly successful: number; readonly failed: number };
  readonly lastSuccessful: string | null;
  readonly lastOperation: Record<string, unknown>;
  readonly replications: string[];
  readonly disks: number;
  readonly volumes: string[];
  readonly mappings: number;
  readonly history: number;
}

/** Everything that the database has of the VM. */
export async function rowsOf({ db }: ReplicationStand, vm: ReplicatedVm): Promise<Rows> {
  const id = await vm.contextId();
  const of = { vm_context_id: id };
  const [context] = await db('vm_replication_contexts')
    .where({ context_id: id })
    .select<ContextRow[]>(
      'current_status',
      'total_jobs_run',
      'successful_jobs',
      'failed_jobs',
      'last_successful_job_id',
      'last_operation_summary',
    );
  if (context === undefined) throw new Error(`there is no VM ${vm.name}`);
  const summary = context.last_operation_summary;
  return {
    status: context.current_status,
    counters: {
      total: context.total_jobs_run,
      successful: context.successful_jobs,
      failed: context.failed_jobs,
    },
    lastSuccessful: context.last_successful_job_id,
    lastOperation: (typeof summary === 'string' ? JSON.parse(summary) : summary) as Record<string, unknown>,
    replications: await db('replication_jobs').where(of).orderBy('id').pluck<string[]>('id'),
    disks: (await db('vm_disks').where(of).select('id')).length,
    volumes: await db('ossea_volumes').where(of).orderBy('volume_id').pluck<string[]>('volume_id'),
    mappings: (await db('device_mappings').where(of).select('id')).length,
    history: (await db('cbt_history').where(of).select('id')).length,
  };
}

interface ContextRow {
  readonly current_status: string;
  readonly total_jobs_run: number;
  readonly successful_jobs: number;
  readonly failed_jobs: number;
  readonly last_successful_job_id: string | null;
  readonly last_operation_summary: unknown;
}
