import { expect } from '@jest/globals';
import type { Member } from '../../src/api/replications/accept-together.ts';
import { StartReplication } from '../../src/api/schemas/replications.ts';
import type { Knex } from '../../src/db/knex.ts';
import { sourceVm } from './api.ts';

/** VMs that are known and were never replicated, and what must be true of every replication that was accepted. */

/** Ids of `count` VMs with two disks each: ctx-PREFIX-0, ... */
export async function addVms(db: Knex, prefix: string, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  await db('vm_replication_contexts').insert(
    names.map((name) => ({
      context_id: `ctx-${name}`,
      vm_name: name,
      vmware_vm_id: `uuid-${name}`,
      vm_path: `/DC/vm/${name}`,
      vcenter_host: 'vc1',
      datacenter: 'DC',
      source_inventory: JSON.stringify(sourceVm(name)),
    })),
  );
  return names.map((name) => `ctx-${name}`);
}

export const memberOf = (contextId: string, change: Partial<Member> = {}): Member => ({
  contextId,
  body: StartReplication.parse({ context_id: contextId }),
  user: 'tester',
  requestId: undefined,
  key: undefined,
  ...change,
});

export interface JobRow {
  readonly id: string;
  readonly context_id: string;
  readonly active_context_id: string | null;
  readonly dispatch_state: string;
}

/**
 * Holds every replication against its rows: all of them or none. One that holds its VM is the VM's current job, and has
 * its disks. @returns the rows of the ledger, oldest first
 */
export async function expectWhole(db: Knex): Promise<JobRow[]> {
  const jobs = await db('job_tracking').orderBy('id').select<JobRow[]>('*');
  const ids = jobs.map((job) => job.id);
  expect(await idsOf(db('replication_jobs'), 'id')).toEqual(ids);
  expect(await idsOf(db('log_events').where('message', 'job accepted'), 'job_id')).toEqual(ids);
  const holders = jobs.filter((job) => job.active_context_id !== null);
  const disks = await db('vm_disks').select<{ job_id: string; vm_context_id: string }[]>('job_id', 'vm_context_id');
  const disksOf = Map.groupBy(disks, (disk) => disk.vm_context_id);
  const current = await db('vm_replication_contexts')
    .whereNotNull('current_job_id')
    .orderBy('current_job_id')
    .select<{ context_id: string; current_job_id: string; current_status: string }[]>('*');
  expect(current.map((vm) => [vm.current_job_id, vm.context_id, vm.current_status])).toEqual(
    holders.map((job) => [job.id, job.active_context_id, 'replicating']),
  );
  for (const job of holders) {
    const { id } = job;
    expect(disksOf.get(job.context_id)?.map((disk) => disk.job_id)).toEqual([id, id]);
  }
  const kept = await db('idempotency_keys').select<{ response: { job_id: string } }[]>('response');
  expect(ids).toEqual(expect.arrayContaining(kept.map((row) => row.response.job_id)));
  return jobs;
}

async function idsOf(rows: Knex.QueryBuilder, column: string): Promise<string[]> {
  const found = (await rows.orderBy(column).select({ id: column })) as unknown as readonly { readonly id: string }[];
  return found.map((row) => row.id);
}
