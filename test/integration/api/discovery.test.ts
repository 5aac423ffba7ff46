import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MiB } from '../../../src/base/units.ts';
import { addTarget, sourceVm } from '../../support/api.ts';
import { DiscoveryStand, type SimulatedVcenter } from '../../support/discovery-stand.ts';

let stand: DiscoveryStand;
let one: SimulatedVcenter;
let two: SimulatedVcenter;
beforeAll(async () => {
  stand = await DiscoveryStand.start();
  one = await stand.vcenter();
  two = await stand.vcenter();
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await stand.forget();
  for (const { control } of [one, two]) for (const { id } of control.vms()) control.removeVm(id);
});

type Row = Record<string, unknown>;
const disks = [{ capacityBytes: 16 * MiB }];
const rows = (): Promise<Row[]> => stand.api.db('vm_replication_contexts').orderBy('vm_name').orderBy('vcenter_host');
const body = async (path: string, request: object): Promise<Row> => {
  const reply = await stand.post(path, request);
  if (reply.status !== 200) throw new Error(`${reply.status} ${JSON.stringify(reply.body)}`);
  return reply.body;
};
/** `state name finding,finding` of each VM. */
const said = (answer: Row, list = 'vms'): string[] =>
  (answer[list] as { state: string; name: string; findings: { code: string }[] }[]).map(({ state, name, findings }) =>
    [state, name, findings.map(({ code }) => code).join()].join(' ').trim(),
  );

describe('looking', () => {
  test('shows what a vCenter has, with each disk and each network of each adapter, and changes nothing', async () => {
    const vm = one.control.addVm({ name: 'web01', folder: 'shop', disks: [...disks, { capacityBytes: 32 * MiB }] });
    one.control.edit('web01', (row) => {
      row.nics.push({
        key: 4001,
        label: 'Network adapter 2',
        macAddress: '00:50:56:aa:bb:cc',
        network: 'dvportgroup-16',
        isConnected: false,
      });
    });
    one.control.addVm({ name: 'db01', disks });
    const id = await one.credential();
    const found = await body('/discovery/preview', { credential_id: id, filter: 'WEB' });
    expect(found).toMatchObject({
      total_discovered: 1,
      new_vms: 1,
      existing_vms: 0,
      vcenter: one.host,
      datacenter: 'Lab',
    });
    expect(found['vms']).toEqual([
      expect.objectContaining({
        id: vm.biosUuid,
        instance_uuid: vm.instanceUuid,
        ref: vm.id,
        path: '/Lab/vm/shop/web01',
        power_state: 'poweredOn',
        num_cpu: 2,
        memory_mb: 2048,
        state: 'new',
        existing: false,
        context_id: null,
        findings: [],
      }),
    ]);
    const [{ disks: itsDisks, networks }] = found['vms'] as [{ disks: Row[]; networks: Row[] }];
    expect(itsDisks.map((disk) => [disk['id'], disk['capacity_bytes']])).toEqual([
      ['disk-2000', 16 * MiB],
      ['disk-2001', 32 * MiB],
    ]);
    // T9: adapters on two networks are two, each with its own.
    expect(networks.map((network) => [network['network_name'], network['connected'], network['mac_address']])).toEqual([
      ['VM Network', true, vm.nics[0]?.macAddress],
      ['production', false, '00:50:56:aa:bb:cc'],
    ]);
    expect(await rows()).toEqual([]);
    expect(await body('/discovery/discover-vms', { credential_id: id })).toMatchObject({
      discovery_count: 2,
      addition_result: null,
      status: 'success',
    });
    expect(await rows()).toEqual([]);
  });

  test('counts the account as used, and uses the default one where none is named', async () => {
    one.control.addVm({ name: 'web01', disks });
    const id = await one.credential({ is_default: true });
    expect(await body('/discovery/preview', { credential_id: 0 })).toMatchObject({
      total_discovered: 1,
      credential: { id },
    });
    expect((await stand.api.call('GET', `/vmware-credentials/${id}`)).body).toMatchObject({
      usage_count: 1,
      last_used: expect.any(String),
    });
  });
});

describe('adding', () => {
  test('makes a context with all that the VM is, and its disks wait for the first job', async () => {
    const configId = await addTarget(stand.api.db);
    const vm = one.control.addVm({ name: 'web01', disks });
    const id = await one.credential();
    const added = await body('/discovery/add-vms', { credential_id: id, vm_names: ['web01'], added_by: 'ann' });
    expect(added).toMatchObject({ success: true, vms_added: 1, vms_failed: 0, total_vms: 1, added_by: 'ann' });
    const [row] = await rows();
    expect(row).toMatchObject({
      context_id: expect.stringMatching(/^ctx-web01-\d{8}-\d{6}$/),
      vm_name: 'web01',
      vmware_vm_id: vm.biosUuid,
      instance_uuid: vm.instanceUuid,
      vcenter_instance_uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      vm_path: '/Lab/vm/web01',
      vcenter_host: one.host,
      datacenter: 'Lab',
      current_status: 'discovered',
      cpu_count: 2,
      memory_mb: 2048,
      os_type: 'linux',
      power_state: 'poweredOn',
      auto_added: 1,
      scheduler_enabled: 1,
      credential_id: id,
      ossea_config_id: configId,
    });
    expect(added['processed_vms']).toEqual([
      { vm_name: 'web01', success: true, existing: false, context_id: row?.['context_id'], error: null },
    ]);
    expect(await stand.api.db('vm_disks')).toEqual([]);
    const shown = await stand.api.call('GET', `/vm-contexts/${String(row?.['context_id'])}/disks`);
    expect(shown.body).toMatchObject({
      count: 1,
      disks: [{ id: null, disk_id: 'disk-2000', capacity_bytes: 16 * MiB }],
    });
    expect(await body('/discovery/preview', { credential_id: id })).toMatchObject({ new_vms: 0, existing_vms: 1 });
    expect((await stand.api.call('GET', '/discovery/ungrouped-vms')).body).toMatchObject({ count: 1 });
  });

  test('without a target cloud leaves that open', async () => {
    one.control.addVm({ name: 'web01', disks });
    await body('/discovery/discover-vms', { credential_id: await one.credential(), create_context: true });
    expect(await rows()).toMatchObject([{ vm_name: 'web01', ossea_config_id: null }]);
  });

  test('says of each VM what became of it, and adds nothing twice', async () => {
    for (const name of ['a', 'b', 'c']) one.control.addVm({ name, disks });
    one.control.addVm({ name: 'c', folder: 'other', disks });
    const id = await one.credential();
    const request = { credential_id: id, selected_vms: ['a', '/Lab/vm/b', 'c', 'nobody'] };
    const first = await body('/discovery/bulk-add', request);
    expect(first).toMatchObject({
      total_requested: 4,
      successfully_added: 2,
      skipped: 0,
      failed: 2,
      added_vms: [{ vm_name: 'a' }, { vm_name: 'b' }],
      failed_vms: [
        { vm_name: 'c', error: expect.stringContaining('/Lab/vm/c, /Lab/vm/other/c') },
        { vm_name: 'nobody', error: 'vCenter shows no VM called nobody' },
      ],
    });
    const replies = await Promise.all([1, 2, 3].map(() => body('/discovery/bulk-add', request)));
    for (const again of replies) expect(again).toMatchObject({ successfully_added: 0, skipped: 2, failed: 2 });
    expect(await rows()).toHaveLength(2);
  });

  test('at the same time by several people adds each VM once', async () => {
    for (let index = 0; index < 30; index += 1) one.control.addVm({ name: `vm-${index}`, disks });
    const id = await one.credential();
    const replies = await Promise.all(
      [1, 2, 3, 4].map(() => body('/discovery/discover-vms', { credential_id: id, create_context: true })),
    );
    const added = replies.map((reply) => (reply['addition_result'] as Row)['successfully_added'] as number);
    expect(added.reduce((sum, count) => sum + count, 0)).toBe(30);
    expect(await rows()).toHaveLength(30);
  });

  test('with an account that is typed in refers to the stored one of the same user, or says that there is none', async () => {
    one.control.addVm({ name: 'a', disks });
    one.control.addVm({ name: 'b', disks });
    const alone = await body('/discovery/add-vms', { ...one.typed(), vm_names: ['a'] });
    expect(alone).toMatchObject({ credential: null, message: expect.stringContaining('no stored credential') });
    const id = await one.credential();
    // The stored account says which certificate the vCenter must show.
    const stored = await body('/discovery/add-vms', {
      ...one.typed({ vcenter_thumbprint: undefined }),
      vm_names: ['a', 'b'],
    });
    expect(stored).toMatchObject({ credential: { id }, vms_added: 1, vms_existing: 1 });
    expect(await rows()).toMatchObject([{ credential_id: id }, { credential_id: id }]);
  });
});

describe('a VM is told apart', () => {
  const discoverAll = async (vcenter: SimulatedVcenter): Promise<Row> => {
    const known = await stand.api.db('vmware_credentials').where('vcenter_host', vcenter.host).first<{ id: number }>();
    const id = known?.id ?? (await vcenter.credential());
    return body('/discovery/discover-vms', { credential_id: id, create_context: true });
  };

  test('from one of the same name in another vCenter', async () => {
    one.control.addVm({ name: 'web01', disks });
    two.control.addVm({ name: 'web01', disks });
    await discoverAll(one);
    expect(said(await discoverAll(two), 'discovered_vms')).toEqual(['existing web01']);
    const known = await rows();
    expect(known.map((row) => row['vcenter_host']).toSorted()).toEqual([one.host, two.host].toSorted());
    expect(new Set(known.map((row) => row['vcenter_instance_uuid'])).size).toBe(2);
    const named = await stand.api.call('GET', '/vm-contexts/web01');
    expect([named.status, named.body['code']]).toEqual([409, 'context.ambiguous']);
  });

  test('from its clones, which share its BIOS uuid: a finding, never a merge', async () => {
    one.control.addVm({ name: 'web01', disks });
    one.control.clone('web01', 'web02');
    const answer = await discoverAll(one);
    expect(said(answer, 'discovered_vms')).toEqual([
      'existing web01 duplicate-bios-uuid',
      'existing web02 duplicate-bios-uuid',
    ]);
    const known = await rows();
    expect(known.map((row) => row['vm_name'])).toEqual(['web01', 'web02']);
    expect(known[0]?.['vmware_vm_id']).toBe(known[1]?.['vmware_vm_id']);
    expect(known[0]?.['instance_uuid']).not.toBe(known[1]?.['instance_uuid']);
  });

  test('by nothing but its instance uuid when it is renamed and moved: its context follows', async () => {
    one.control.addVm({ name: 'web01', folder: 'old', disks });
    await discoverAll(one);
    const [before] = await rows();
    one.control.edit('web01', (vm) => {
      vm.name = 'web01-new';
    });
    const id = Number((await stand.api.db('vmware_credentials').first<{ id: number }>('id')).id);
    expect(said(await body('/discovery/preview', { credential_id: id }))).toEqual(['existing web01-new renamed']);
    await discoverAll(one);
    expect(await rows()).toMatchObject([
      { context_id: before?.['context_id'], vm_name: 'web01-new', vm_path: '/Lab/vm/old/web01-new' },
    ]);
    expect(said(await body('/discovery/preview', { credential_id: id }))).toEqual(['existing web01-new']);
  });

  test('from one that was deleted and made anew under its name: another VM, not added until a person decides', async () => {
    one.control.addVm({ name: 'web01', disks });
    await discoverAll(one);
    const [before] = await rows();
    one.control.removeVm('web01');
    one.control.addVm({ name: 'web01', disks });
    const answer = await discoverAll(one);
    expect(answer).toMatchObject({ status: 'partial_success', addition_result: { successfully_added: 0, failed: 1 } });
    expect(said(answer, 'discovered_vms')).toEqual(['problem web01 name-taken']);
    expect(await rows()).toEqual([before]);
    await stand.api.db('vm_replication_contexts').delete();
    expect(await discoverAll(one)).toMatchObject({ addition_result: { successfully_added: 1 } });
  });

  test('and when two have handed their names on, each context keeps its VM', async () => {
    const [a, b] = ['a', 'b'].map((name) => one.control.addVm({ name, disks }));
    await discoverAll(one);
    one.control.edit(b?.id ?? '', (vm) => (vm.name = 'c'));
    one.control.edit(a?.id ?? '', (vm) => (vm.name = 'b'));
    await discoverAll(one);
    expect((await rows()).map((row) => [row['vm_name'], row['instance_uuid']])).toEqual([
      ['b', a?.instanceUuid],
      ['c', b?.instanceUuid],
    ]);
  });

  test('when it was added by hand, by its BIOS uuid: discovery fills in who it is', async () => {
    const vm = one.control.addVm({ name: 'web01', disks });
    const source = sourceVm('web01', { id: vm.biosUuid });
    const request = { source_vm: source, vcenter_host: one.host, start_replication: false };
    const byHand = await stand.post('/replications', request);
    expect(byHand.status).toBe(201);
    expect(said(await discoverAll(one), 'discovered_vms')).toEqual(['existing web01']);
    const [row, ...others] = await rows();
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      context_id: byHand.body['context_id'],
      instance_uuid: vm.instanceUuid,
      vm_path: '/Lab/vm/web01',
      credential_id: expect.any(Number),
    });
    const again = await stand.post('/replications', { ...request, source_vm: { ...source, instance_uuid: 'another' } });
    expect([again.status, again.body['code']]).toEqual([409, 'context.other-vm']);
  });
});
