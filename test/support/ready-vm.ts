import { randomBytes, randomUUID } from 'node:crypto';
import type { Knex } from '../../src/db/knex.ts';
import { sourceVm } from './api.ts';
import { makeJob } from './factories.ts';
import type { World } from './examples/example.ts';

/** A VM that may be failed over, as its rows say. */
export interface ReadyVm {
  readonly contextId: string;
  readonly vmName: string;
}

const CAPACITY_BYTES = 1024 ** 3;

/** Added and replicated by the API; what a worker would have written is written here. Both of its networks are mapped. */
export async function readyVm(world: World): Promise<ReadyVm> {
  const { db } = world.api;
  const vmName = world.freshName();
  const disks = [{ id: 'disk-2000', path: `[ds] ${vmName}/a.vmdk`, capacity_bytes: CAPACITY_BYTES, unit_number: 0 }];
  const contextId = await world.vm(vmName, { source_vm: sourceVm(vmName, { disks }) });
  await world.credential({ vcenter_host: 'vc1' });
  const jobId = await world.cancelled(contextId);
  const [volume] = await db('ossea_volumes').insert({
    volume_id: randomUUID(),
    vm_context_id: contextId,
    name: `migration-${contextId}-disk-2000`,
    size_gb: 1,
    size_bytes: CAPACITY_BYTES,
    state: 'detached',
  });
  await db('vm_disks').where('vm_context_id', contextId).update({
    ossea_volume_id: volume,
    disk_change_id: '52 de/1',
    target_generation: 1,
    committed_generation: 1,
    commit_job_id: jobId,
    dirty_since: null,
  });
  await db('vm_replication_contexts')
    .where('context_id', contextId)
    .update({
      current_status: 'ready_for_failover',
      commit_job_id: jobId,
      commit_snapshot_at: db.raw('now(6)'),
      committed_at: db.raw('now(6)'),
      last_successful_job_id: jobId,
    });
  await db('ossea_configs')
    .whereNull('template_id')
    .update({ template_id: randomUUID(), service_offering_id: randomUUID() });
  await mapNetworks(world, { contextId, vmName });
  return { contextId, vmName };
}

async function mapNetworks(world: World, { contextId, vmName }: ReadyVm): Promise<void> {
  const ids = world.cloud?.cloud.simulator.ids;
  const ways = [
    { id: ids?.liveNetwork ?? 'network-live', isTest: false },
    { id: ids?.testNetwork ?? 'network-test', isTest: true },
  ];
  await world.api.db('network_mappings').insert(
    ways.map(({ id, isTest }) => ({
      vm_id: vmName,
      vm_context_id: contextId,
      vmware_vm_id: `uuid-${vmName}`,
      source_network_name: 'VM Network',
      destination_network_id: id,
      destination_network_name: id,
      is_test_network: isTest,
      mapping_type: isTest ? 'test' : 'live',
    })),
  );
}

/** A failover that ended, or that stands at `status`, with its job. @returns the id of the job */
export async function addFailover(
  db: Knex,
  vm: ReadyVm,
  of: { readonly type: 'live' | 'test'; readonly status: string; readonly committed: boolean },
): Promise<string> {
  const hasEnded = of.status === 'completed' || of.status === 'failed';
  const { id } = await makeJob(db, {
    id: `failover-20260114-093000.000-${randomBytes(3).toString('hex')}`,
    job_type: 'failover',
    job_category: 'failover',
    operation: 'failover',
    queue: 'failover',
    context_id: vm.contextId,
    ...(hasEnded ? { status: of.status, dispatch_state: 'closed', completed_at: db.raw('now(6)') } : {}),
  });
  await db('failover_jobs').insert({
    job_id: id,
    vm_id: `uuid-${vm.vmName}`,
    vm_context_id: vm.contextId,
    job_type: of.type,
    status: of.status,
    source_vm_name: vm.vmName,
    options: '{}',
    committed_at: of.committed ? db.raw('now(3)') : null,
  });
  return id;
}
