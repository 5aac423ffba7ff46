import type { Knex } from '../../src/db/knex.ts';

/** Protected VMs as discovery leaves them, with two disks each. */

const BATCH = 500;

export async function addContexts(db: Knex, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, index) => `ctx-bench-${String(index).padStart(6, '0')}`);
  for (let from = 0; from < count; from += BATCH) {
    await db('vm_replication_contexts').insert(ids.slice(from, from + BATCH).map(contextRow));
  }
  return ids;
}

function contextRow(id: string): Record<string, unknown> {
  const name = id.replace('ctx-', 'vm-');
  const vm = {
    id: `uuid-${name}`,
    name,
    path: `/DC/vm/${name}`,
    datacenter: 'DC',
    cpus: 4,
    memory_mb: 8192,
    os_type: 'Debian GNU/Linux 12 (64-bit)',
    power_state: 'poweredOn',
    disks: [0, 1].map((unit) => ({
      id: `disk-${2000 + unit}`,
      vmdk_path: `[ds] ${name}/${name}_${unit}.vmdk`,
      capacity_bytes: 107_374_182_400,
      unit_number: unit,
    })),
    networks: [{ name: 'Network adapter 1', network_name: 'VM Network', mac_address: '00:50:56:00:00:01' }],
  };
  return {
    context_id: id,
    vm_name: name,
    vmware_vm_id: vm.id,
    vm_path: vm.path,
    vcenter_host: 'vc1',
    datacenter: 'DC',
    current_status: 'discovered',
    cpu_count: vm.cpus,
    memory_mb: vm.memory_mb,
    os_type: 'linux',
    power_state: vm.power_state,
    source_inventory: JSON.stringify(vm),
  };
}

/** An active target cloud that nobody calls. @returns its id */
export async function addTargetCloud(db: Knex): Promise<number> {
  const [id] = await db('ossea_configs').insert({
    name: 'bench',
    api_url: 'http://127.0.0.1:9/client/api',
    api_key: 'sealed',
    secret_key: 'sealed',
    zone: 'zone-1',
    disk_offering_id: 'offering-1',
    oma_vm_id: 'oma-1',
    is_active: true,
  });
  return Number(id);
}

/** Every VM as before its first replication. */
export async function forgetJobs(db: Knex): Promise<void> {
  await db('vm_replication_contexts').update({
    current_job_id: null,
    current_status: 'discovered',
    first_job_at: null,
  });
  for (const table of ['vm_disks', 'replication_jobs', 'job_tracking']) await db(table).delete();
}
