import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SourceVm } from '../../../src/domain/source-vm.ts';
import { BUILD_TIMEOUT_MS, Vcsim } from '../../support/vcsim.ts';
import { type VmaStand, vmaStand } from '../../support/vma-stand.ts';
import { accessOf, watch } from '../../support/watched-vcenter.ts';

let vcsim: Vcsim;
let stand: VmaStand;
beforeAll(async () => {
  // Of each of two pools.
  [vcsim, stand] = await Promise.all([Vcsim.start({ password: 'pass"word', machines: 125 }), vmaStand()]);
}, BUILD_TIMEOUT_MS);
afterAll(async () => {
  await stand.close();
  await vcsim[Symbol.asyncDispose]();
});

describe('discovery', () => {
  test('of hundreds of VMs is one call of the client and a few of ours, none of them for a single VM', async () => {
    await using watched = await watch(vcsim);
    const access = { ...accessOf(vcsim), vcenter: accessOf(watched).vcenter, thumbprint: watched.thumbprint };
    const found = await stand.client.discover(access);

    expect(found.count).toBe(250);
    expect(new Set(found.vms.map((vm) => vm.ref)).size).toBe(250);
    // Login, two views, a page of what surrounds the VMs, and two pages of VMs.
    expect(watched.methods).toHaveLength(2 + 2 + 1 + 2 + 2);
  });

  test('tells of each VM all that a job needs', async () => {
    const { vcenter, vms, templates_left_out } = await stand.client.discover(accessOf(vcsim));
    const vm = vms.find(({ name }) => name === 'a/b & <c>');

    expect(vcenter).toMatchObject({
      host: accessOf(vcsim).vcenter,
      datacenter: null,
      instance_uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(templates_left_out).toBe(0);
    expect(vm).toMatchObject({
      id: vm?.bios_uuid,
      instance_uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      ref: expect.stringMatching(/^vm-\d+$/),
      path: '/DC0/vm/a%2fb & <c>',
      folder_path: '/DC0/vm',
      datacenter: 'DC0',
      power_state: 'poweredOn',
      connection_state: 'connected',
      is_readable: true,
      guest_os: expect.any(String),
      memory_mb: 32,
      num_cpu: 1,
      cpus: 1,
      vmx_version: 'vmx-13',
      firmware: 'efi',
      secure_boot: null,
      cbt_enabled: true,
      has_snapshots: true,
      vmware_tools_status: 'guestToolsNotRunning',
      disks: [
        {
          id: expect.stringMatching(/^disk-\d+$/),
          datastore: 'LocalDS_0',
          vmdk_path: expect.stringMatching(/^\[LocalDS_0\] .+\.vmdk$/),
          size_gb: 1,
          capacity_bytes: 2 ** 20,
          provisioning_type: 'thin',
          unit_number: 0,
          address: 'scsi0:0',
        },
      ],
      networks: [
        {
          name: 'DC0_DVPG0',
          network_name: 'DC0_DVPG0',
          type: 'distributed',
          adapter_type: 'e1000',
          mac_address: expect.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/),
        },
      ],
    });
  });

  test('gives VMs as a replication takes them', async () => {
    const { vms } = await stand.client.discover(accessOf(vcsim));

    for (const vm of vms) expect(SourceVm.safeParse(vm).error?.issues ?? []).toEqual([]);
  });

  test('looks for a part of the name, in upper or lower case', async () => {
    const { vms } = await stand.client.discover({ ...accessOf(vcsim), filter: 'VM99' });

    expect(vms.map((vm) => vm.name).toSorted()).toEqual(vms.map((vm) => vm.name));
    expect(vms).toHaveLength(2);
  });

  test.each(['A/B & <C>', '<', '%'])('takes the filter %s as it is', async (filter) => {
    const { vms } = await stand.client.discover({ ...accessOf(vcsim), filter });

    expect(vms.map((vm) => vm.name)).toEqual(filter === '%' ? [] : ['a/b & <c>']);
  });

  test('looks at one datacenter, and names those that are there', async () => {
    const one = await stand.client.discover({ ...accessOf(vcsim), datacenter: 'DC0', filter: 'VM0' });
    expect(one.vcenter.datacenter).toBe('DC0');
    expect(one.count).toBeGreaterThan(0);

    await expect(stand.client.discover({ ...accessOf(vcsim), datacenter: 'DC1' })).rejects.toMatchObject({
      code: 'vsphere.datacenter-unknown',
      kind: 'not-found',
      hint: expect.stringContaining('DC0'),
    });
  });
});
