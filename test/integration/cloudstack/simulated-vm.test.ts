import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GiB } from '../../../src/base/units.ts';
import { ownAccount } from '../../../src/cloudstack/accounts.ts';
import { getCapabilities, supports } from '../../../src/cloudstack/capabilities.ts';
import { listDomains } from '../../../src/cloudstack/domains.ts';
import { maxDataVolumes } from '../../../src/cloudstack/hypervisors.ts';
import { destroyInstance, startInstance, stopInstance } from '../../../src/cloudstack/instance-changes.ts';
import { deployInstance, type NewInstance } from '../../../src/cloudstack/instance-deployment.ts';
import { findInstance } from '../../../src/cloudstack/instances.ts';
import { createCloudStackClient } from '../../../src/cloudstack/client.ts';
import { readSetting } from '../../../src/cloudstack/settings.ts';
import { attachVolume, deleteVolume, detachVolume } from '../../../src/cloudstack/volume-changes.ts';
import { createVolume } from '../../../src/cloudstack/volume-creation.ts';
import { findVolume, listVolumes } from '../../../src/cloudstack/volumes.ts';
import { QUICK_POLL, startTestCloud, type TestCloud } from '../../support/cloudstack.ts';

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud({ dataVolumesMax: 13 });
});
afterAll(() => cloud[Symbol.asyncDispose]());

const newVm = (name: string): NewInstance => {
  const { ids } = cloud.simulator;
  return {
    name,
    displayName: `${name} (test)`,
    zoneId: ids.zone,
    serviceOfferingId: ids.customServiceOffering,
    templateId: ids.template,
    nics: [{ networkId: ids.liveNetwork, macAddress: '02:00:4c:4f:4f:50' }],
    details: { cpuNumber: '2', memory: '2048', cpuSpeed: '2000' },
    boot: { type: 'BIOS', mode: 'LEGACY' },
  };
};

describe('a VM', () => {
  test('is made stopped, gets a replica as its root disk, runs, and leaves the replica behind', async () => {
    const { client, simulator } = cloud;
    cloud.simulator.faults.add({ command: 'deployVirtualMachine', kind: 'drop-after' });

    const vm = await deployInstance(client, newVm('web-01-job-1'));
    const again = await deployInstance(client, newVm('web-01-job-1'));
    expect(vm).toMatchObject({ state: 'Stopped', nics: [{ macAddress: '02:00:4c:4f:4f:50' }] });
    expect(again.id).toBe(vm.id);

    const [root] = await listVolumes(client, { vmId: vm.id, type: 'ROOT' });
    await detachVolume(client, { volumeId: root?.id ?? '', vmId: vm.id });
    await deleteVolume(client, { volumeId: root?.id ?? '' });
    const { zone: zoneId, diskOffering: diskOfferingId, omaVm } = simulator.ids;
    const replica = await createVolume(client, { name: 'replica', zoneId, diskOfferingId, sizeBytes: GiB });
    await attachVolume(client, { volumeId: replica.id, vmId: omaVm });
    await detachVolume(client, { volumeId: replica.id, vmId: omaVm });
    const attached = await attachVolume(client, { volumeId: replica.id, vmId: vm.id, deviceId: 0 });
    expect(attached).toMatchObject({ type: 'ROOT', deviceId: 0 });

    expect(await startInstance(client, { vmId: vm.id })).toMatchObject({ state: 'Running' });
    expect(await stopInstance(client, { vmId: vm.id, forced: true })).toMatchObject({ state: 'Stopped' });

    const end = { vmId: vm.id, expunge: true, keepVolumeIds: [replica.id] };
    await expect(destroyInstance(client, end)).rejects.toMatchObject({ code: 'cloudstack.volume-attached' });
    await detachVolume(client, { volumeId: replica.id, vmId: vm.id });
    await destroyInstance(client, end);
    expect(await findInstance(client, vm.id)).toBeUndefined();
    expect(await findVolume(client, replica.id)).toMatchObject({ vmId: undefined, state: 'Ready' });
  });

  test('can be given its id beforehand, and exists once whatever becomes of the answer', async () => {
    const customId = '0f6a5b44-1111-4222-8333-444455556666';
    cloud.simulator.faults.add({ command: 'deployVirtualMachine', kind: 'drop-before' });

    const vm = await deployInstance(cloud.client, { ...newVm('web-02-job-2'), customId });

    expect(vm.id).toBe(customId);
    expect(cloud.simulator.world.vms.filter(({ name }) => name === 'web-02-job-2')).toHaveLength(1);
  });
});

describe('what the cloud tells a root admin', () => {
  test('is who the key belongs to, settings, limits and features', async () => {
    const { client, simulator } = cloud;

    expect(await ownAccount(client)).toMatchObject({ name: 'admin', isRootAdmin: true, domainPath: 'ROOT' });
    expect(await readSetting(client, 'kvm.snapshot.enabled')).toBe('false');
    expect(await readSetting(client, 'no.such.setting')).toBeUndefined();
    expect(await maxDataVolumes(client, { hypervisor: 'KVM' })).toBe(13);
    expect(await getCapabilities(client)).toMatchObject({ version: '4.19.1.0', runningSnapshots: false });
    expect(await supports(client, 'import-volume')).toBe(false);
    expect(await supports(client, 'deploy-from-volume')).toBe(false);
    expect((await listDomains(client)).map(({ id }) => id)).toContain(simulator.ids.domain);
  });

  test('is less for an ordinary user, and no error', async () => {
    const { endpoint, user } = cloud.simulator;
    const client = createCloudStackClient({ endpoint, ...user, poll: QUICK_POLL });

    expect(await ownAccount(client)).toMatchObject({ name: 'migrate', isRootAdmin: false });
    expect(await readSetting(client, 'kvm.snapshot.enabled')).toBeUndefined();
    expect(await maxDataVolumes(client, { hypervisor: 'KVM' })).toBeUndefined();
  });
});
