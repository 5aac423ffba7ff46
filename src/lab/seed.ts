import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { SOURCE_NETWORK } from './cloud.ts';
import { requestJson, type Peer } from '../http/json-client.ts';
import { MINUTE, SECOND, wholeGiB } from '../base/units.ts';
import { FolderVmList, type FolderVm } from '../vma/folder-contract.ts';

/** What an operator would do by hand once the processes run: log in, and add the VMs of the source to the inventory. */

const login = z.object({ success: z.literal(true), session_token: z.string() });

/** Logs in as the admin that the API made at its first start. @returns a bearer token that lives 24 hours */
export async function labToken(apiUrl: string, stateDir: string): Promise<string> {
  const password = readFileSync(join(stateDir, 'admin-password'), 'utf8').trim();
  const answer = await requestJson(
    { name: 'api', url: apiUrl, token: undefined },
    {
      method: 'POST',
      path: '/auth/login',
      body: { username: 'admin', password },
      answer: login,
      deadlineMs: 30 * SECOND,
    },
  );
  return answer.session_token;
}

/** Adds every VM that the VMA finds to the inventory; a VM that is there already stays as it is. */
export async function registerVms(api: Peer, vma: Peer): Promise<void> {
  const { vms } = await requestJson(vma, {
    method: 'GET',
    path: '/folder-vms',
    answer: FolderVmList,
    deadlineMs: MINUTE,
  });
  const known = await requestJson(api, {
    method: 'GET',
    path: '/vm-contexts',
    answer: z.object({ vm_contexts: z.array(z.object({ vm_name: z.string() })) }),
    deadlineMs: 30 * SECOND,
  });
  const names = new Set(known.vm_contexts.map((context) => context.vm_name));
  for (const vm of vms) {
    if (!names.has(vm.name)) await addToInventory(api, vm);
  }
}

async function addToInventory(api: Peer, vm: FolderVm): Promise<void> {
  // The folder of folders stands for the datacenter.
  const datacenter = basename(dirname(vm.path));
  const disks = vm.disks.map((disk) => ({
    id: disk.disk_id,
    path: disk.file,
    vmdk_path: `[${datacenter}] ${vm.name}/${disk.file}`,
    size_gb: wholeGiB(disk.capacity_bytes),
    capacity_bytes: disk.capacity_bytes,
    datastore: datacenter,
    label: disk.label,
    unit_number: disk.unit_number,
    provisioning_type: 'thin',
  }));
  const source = {
    id: vm.uuid,
    name: vm.name,
    path: `/${datacenter}/${vm.name}`,
    datacenter,
    cpus: vm.cpus ?? 2,
    memory_mb: vm.memory_mb ?? 2048,
    os_type: vm.os_type ?? 'linux',
    power_state: 'poweredOn',
    disks,
    networks: [{ name: 'Network adapter 1', network_name: SOURCE_NETWORK, connected: true }],
  };
  await requestJson(api, {
    method: 'POST',
    path: '/replications',
    body: { source_vm: source, vcenter_host: 'folder', datacenter, start_replication: false },
    answer: z.object({ context_id: z.string() }),
    deadlineMs: 30 * SECOND,
  });
}
