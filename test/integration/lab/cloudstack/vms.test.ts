import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCloudStackClient } from '../../../../src/cloudstack/client.ts';
import { GiB } from '../../../../src/base/units.ts';
import { endOf, failure, jobOf, type Answer } from '../../../support/cloudstack-jobs.ts';
import { startTestCloud, vmSnapshotOf, type TestCloud } from '../../../support/cloudstack.ts';
import { until } from '../../../support/until.ts';

let cloud: TestCloud;
const cleanUp = new AsyncDisposableStack();

beforeAll(async () => {
  cloud = cleanUp.use(await startTestCloud());
});
afterAll(() => cleanUp.disposeAsync());

const call = (command: string, parameters: Record<string, string> = {}) => cloud.client.call(command, parameters);
const job = (command: string, parameters: Record<string, string>) => jobOf(cloud.client, command, parameters);

let count = 0;

function deployment(changes: Record<string, string> = {}): Record<string, string> {
  const { zone, serviceOffering, template, liveNetwork } = cloud.simulator.ids;
  count += 1;
  const chosen = { zoneid: zone, serviceofferingid: serviceOffering, templateid: template, networkids: liveNetwork };
  return { name: `vm-${count}`, startvm: 'false', ...chosen, ...changes };
}

async function deploy(changes: Record<string, string> = {}): Promise<string> {
  const accepted = await call('deployVirtualMachine', deployment(changes));
  expect(await endOf(cloud.client, String(accepted['jobid']))).toMatchObject({ jobstatus: 1 });
  return String(accepted['id']);
}

async function rows(command: string, key: string, parameters: Record<string, string>): Promise<Answer[]> {
  return ((await call(command, { listall: 'true', ...parameters }))[key] ?? []) as Answer[];
}
const volumesOf = (virtualmachineid: string) => rows('listVolumes', 'volume', { virtualmachineid });
const vm = async (id: string) => (await rows('listVirtualMachines', 'virtualmachine', { id }))[0];

async function newVolume(): Promise<string> {
  const { zone, diskOffering } = cloud.simulator.ids;
  const made = await job('createVolume', { name: 'data', zoneid: zone, diskofferingid: diskOffering, size: '1' });
  return (made['jobresult'] as { volume: { id: string } }).volume.id;
}

describe('a VM that is deployed', () => {
  test('is Stopped with a root disk that has no storage yet, and gets it when it is started', async () => {
    const id = await deploy();

    expect(await vm(id)).toMatchObject({ state: 'Stopped', rootdeviceid: 0, nic: [{ isdefault: true }] });
    expect(await volumesOf(id)).toMatchObject([{ type: 'ROOT', state: 'Allocated', deviceid: 0 }]);

    expect(await job('startVirtualMachine', { id })).toMatchObject({
      jobresult: { virtualmachine: { state: 'Running' } },
    });
    expect(await volumesOf(id)).toMatchObject([{ type: 'ROOT', state: 'Ready' }]);
    expect(await job('startVirtualMachine', { id })).toMatchObject({ jobstatus: 2, jobresultcode: 431 });
    expect(await job('stopVirtualMachine', { id, forced: 'true' })).toMatchObject({
      jobresult: { virtualmachine: { state: 'Stopped' } },
    });
  });

  test('has the cards, the firmware and the details that were asked for', async () => {
    const { customServiceOffering, liveNetwork, testNetwork } = cloud.simulator.ids;
    const { networkids, ...rest } = deployment({ serviceofferingid: customServiceOffering });
    expect(networkids).toBe(liveNetwork);

    const accepted = await call('deployVirtualMachine', {
      ...rest,
      'iptonetworklist[0].networkid': testNetwork,
      'iptonetworklist[0].mac': '00:50:56:AA:BB:CC',
      'iptonetworklist[1].networkid': liveNetwork,
      'iptonetworklist[1].ip': '10.1.1.77',
      'details[0].cpuNumber': '3',
      'details[0].cpuSpeed': '1000',
      'details[0].memory': '3072',
      'details[0].rootDiskController': 'sata',
      boottype: 'UEFI',
      bootmode: 'SECURE',
      rootdisksize: '3',
    });

    const id = String(accepted['id']);
    expect(await vm(id)).toMatchObject({
      cpunumber: 3,
      memory: 3072,
      details: { rootDiskController: 'sata' },
      boottype: 'Uefi',
      bootmode: 'secure',
      nic: [
        { networkid: testNetwork, macaddress: '00:50:56:aa:bb:cc', isdefault: true },
        { networkid: liveNetwork, ipaddress: '10.1.1.77' },
      ],
    });
    expect(await volumesOf(id)).toMatchObject([{ size: 3 * GiB }]);
  });

  test.each([
    ['a name that is no host name', { name: '1st' }, 'Invalid name. Vm name can contain ASCII letters'],
    ['a name of 64 letters', { name: 'a'.repeat(64) }, 'must be between 1 and 63 characters long'],
    ['UEFI without a mode', { boottype: 'UEFI' }, 'bootMode must be specified for the selected boot type: UEFI'],
    ['firmware that there is not', { boottype: 'EFI' }, 'Invalid bootType EFI specified for vm'],
    ['no network', { networkids: '' }, 'please specify networkIds'],
  ])('cannot be made with %s', async (_what, changes, text) => {
    await expect(call('deployVirtualMachine', deployment(changes))).rejects.toThrow(text);
  });

  test('cannot be made of a custom offering without its numbers, nor of a template that is not ready', async () => {
    const { customServiceOffering, template } = cloud.simulator.ids;
    await expect(
      call('deployVirtualMachine', deployment({ serviceofferingid: customServiceOffering })),
    ).rejects.toThrow('Need to specify custom parameter values cpu, cpu speed and memory when using custom offering');

    const setReady = (ready: boolean) =>
      cloud.simulator.edit((world) => {
        for (const row of world.templates) row.ready = ready;
      });
    setReady(false);
    const refused = call('deployVirtualMachine', deployment());
    await expect(refused).rejects.toThrow(`The template ${template} is not available for use`);
    setReady(true);
  });

  test('has the id that a root admin chooses, once', async () => {
    const customid = '0a1b2c3d-0000-4000-8000-00000000abcd';
    expect(await deploy({ customid })).toBe(customid);
    await expect(call('deployVirtualMachine', deployment({ customid }))).rejects.toThrow('is used by another');

    const { endpoint, user } = cloud.simulator;
    const asUser = createCloudStackClient({ endpoint, ...user });
    const asked = asUser.call('deployVirtualMachine', deployment({ customid: '0a1b2c3d-0000-4000-8000-00000000abce' }));
    await expect(asked).rejects.toThrow('does not have permission');
  });
});

describe('the root disk', () => {
  test('leaves a stopped VM as a data disk, and a replica takes its place', async () => {
    const id = await deploy();
    const [root] = await volumesOf(id);
    const replica = await newVolume();
    const asRoot = { id: replica, virtualmachineid: id, deviceid: '0' };
    expect(await job('attachVolume', asRoot)).toMatchObject(failure(431, 'Vm already has root volume attached to it'));

    const detached = await job('detachVolume', { id: String(root?.['id']) });
    expect(detached).toMatchObject({ jobresult: { volume: { type: 'DATADISK' } } });
    expect(await job('startVirtualMachine', { id })).toMatchObject(
      failure(530, 'Unable to create deployment, no usable volumes found for the VM'),
    );
    await job('attachVolume', { id: replica, virtualmachineid: id });
    expect(await job('startVirtualMachine', { id })).toMatchObject(
      failure(530, 'Unable to prepare volumes for vm as ROOT volume is missing'),
    );
    await job('detachVolume', { id: replica });
    expect(await job('attachVolume', asRoot)).toMatchObject({ jobresult: { volume: { type: 'ROOT', deviceid: 0 } } });

    expect(await job('startVirtualMachine', { id })).toMatchObject({ jobstatus: 1 });
    expect(await job('detachVolume', { id: replica })).toMatchObject(
      failure(431, 'Root volume detach can happen only when vm is in states: Stopped or Destroyed'),
    );
  });

  test('goes with its VM, whatever it is, and data volumes stay', async () => {
    const id = await deploy({ startvm: 'true' });
    const [root] = await volumesOf(id);
    const [data, going] = [await newVolume(), await newVolume()];
    for (const volume of [data, going]) await job('attachVolume', { id: volume, virtualmachineid: id });

    await job('destroyVirtualMachine', { id, volumeids: going });
    expect(await vm(id)).toMatchObject({ state: 'Destroyed' });
    expect(await volumesOf(id)).toMatchObject([{ type: 'ROOT' }]);
    expect(await rows('listVolumes', 'volume', { id: going })).toMatchObject([{ state: 'Destroy', destroyed: true }]);
    expect(await rows('listVolumes', 'volume', { id: data })).toMatchObject([{ state: 'Ready' }]);
    await call('recoverVolume', { id: going });

    await call('recoverVirtualMachine', { id });
    expect(await vm(id)).toMatchObject({ state: 'Stopped' });
    expect(await job('expungeVirtualMachine', { id })).toMatchObject(
      failure(431, 'Please destroy vm with specified vmId before expunge'),
    );
    expect(await job('destroyVirtualMachine', { id, expunge: 'true' })).toMatchObject({ jobstatus: 1 });
    expect(await vm(id)).toBeUndefined();
    expect(cloud.simulator.world.volumes.map((row) => row.id)).not.toContain(root?.['id']);
    await until(() => !existsSync(cloud.simulator.volumePath(String(root?.['id']))), {
      withinMs: 30_000,
      what: 'the end of its file',
    });
  });
});

describe('a snapshot of a VM', () => {
  test('keeps its volumes where they are, and brings back what they were', async () => {
    const id = await deploy({ startvm: 'true' });
    const data = await newVolume();
    await job('attachVolume', { id: data, virtualmachineid: id });
    const asked = { virtualmachineid: id, name: 'before' };
    await expect(call('createVMSnapshot', asked)).rejects.toThrow(
      'KVM VM does not allow to take a disk-only snapshot when VM is in running state',
    );
    await job('stopVirtualMachine', { id });
    await expect(call('createVMSnapshot', { ...asked, snapshotmemory: 'true' })).rejects.toThrow(
      'Can not snapshot memory when VM is not in Running state',
    );

    const taken = await job('createVMSnapshot', asked);
    const { vmsnapshot } = taken['jobresult'] as { vmsnapshot: { id: string } };
    expect(vmsnapshot).toMatchObject({ state: 'Ready', displayname: 'before', type: 'Disk', current: true });
    await expect(call('createVMSnapshot', asked)).rejects.toThrow('already exists');
    expect(await rows('listVMSnapshot', 'vmSnapshot', { virtualmachineid: id })).toMatchObject([{ id: vmsnapshot.id }]);

    expect(await job('detachVolume', { id: data })).toMatchObject({ jobresultcode: 431 });
    expect(await job('resizeVolume', { id: data, size: '2' })).toMatchObject({ jobresultcode: 431 });
    expect(await job('attachVolume', { id: await newVolume(), virtualmachineid: id })).toMatchObject({ jobstatus: 2 });

    const reverted = await job('revertToVMSnapshot', { vmsnapshotid: vmsnapshot.id });
    expect(reverted).toMatchObject({ jobresult: { virtualmachine: { id, state: 'Stopped' } } });
    expect(await job('deleteVMSnapshot', { vmsnapshotid: vmsnapshot.id })).toMatchObject({ jobstatus: 1 });
    expect(await job('detachVolume', { id: data })).toMatchObject({ jobstatus: 1 });
  });

  test('has a limit', async () => {
    const id = await deploy();
    cloud.simulator.edit((world) => {
      world.settings['vmsnapshot.max'] = '1';
      world.vmSnapshots.push({ ...vmSnapshotOf(id), current: false });
    });

    await expect(call('createVMSnapshot', { virtualmachineid: id })).rejects.toThrow(
      'a VM can just have : 1 VM snapshots',
    );
  });
});

test('an appliance that is off sees no disks', async () => {
  const { omaVm } = cloud.simulator.ids;
  const volume = await newVolume();
  await job('attachVolume', { id: volume, virtualmachineid: omaVm });
  const isSeen = () => existsSync(cloud.simulator.devicePath(volume));
  await until(isSeen, { withinMs: 30_000, what: 'the device' });

  await job('stopVirtualMachine', { id: omaVm });
  expect(isSeen()).toBe(false);
  await job('startVirtualMachine', { id: omaVm });
  await until(isSeen, { withinMs: 30_000, what: 'the device once more' });
});

test('an ordinary user is not offered what is for admins', async () => {
  const { endpoint, user } = cloud.simulator;
  const asUser = createCloudStackClient({ endpoint, ...user });

  await expect(asUser.call('listConfigurations', {})).rejects.toMatchObject({ code: 'cloudstack.unauthorized' });
  expect(await asUser.call('listUsers', {})).toMatchObject({ count: 1, user: [{ account: 'migrate' }] });
  const listed = await rows('listConfigurations', 'configuration', { name: 'kvm.snapshot.enabled' });
  expect(listed).toMatchObject([{ name: 'kvm.snapshot.enabled', value: 'false' }]);
});
