import { existsSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { GiB, MiB } from '../../../src/base/units.ts';
import { attachVolume, deleteVolume, detachVolume, resizeVolume } from '../../../src/cloudstack/volume-changes.ts';
import { createVolume } from '../../../src/cloudstack/volume-creation.ts';
import { findVolume, getVolume, listVolumes, type Volume } from '../../../src/cloudstack/volumes.ts';
import { startTestCloud, type TestCloud, vmSnapshotOf } from '../../support/cloudstack.ts';
import { until } from '../../support/until.ts';

let cloud: TestCloud;
let nextName = 0;

const intent = (sizeBytes = GiB) => ({
  name: `volume-test-${(nextName += 1)}`,
  zoneId: cloud.simulator.ids.zone,
  diskOfferingId: cloud.simulator.ids.diskOffering,
  sizeBytes,
});

const attachToOma = (volume: Volume): Promise<Volume> =>
  attachVolume(cloud.client, { volumeId: volume.id, vmId: cloud.simulator.ids.omaVm });

const detachFromOma = (volume: Volume): Promise<Volume> =>
  detachVolume(cloud.client, { volumeId: volume.id, vmId: cloud.simulator.ids.omaVm });

beforeAll(async () => {
  cloud = await startTestCloud();
});
beforeEach(() => {
  cloud.simulator.faults.clear();
});
afterAll(() => cloud[Symbol.asyncDispose]());

describe('a volume', () => {
  test('is created, attached with a device of its exact size, detached and deleted', async () => {
    const { simulator, client } = cloud;
    const created = await createVolume(client, intent(GiB + 1));
    expect(created).toMatchObject({ type: 'DATADISK', state: 'Allocated', sizeBytes: 2 * GiB, vmId: undefined });
    expect(existsSync(simulator.volumePath(created.id))).toBe(false);

    const attached = await attachToOma(created);
    expect(attached).toMatchObject({ state: 'Ready', vmId: simulator.ids.omaVm });
    const device = simulator.devicePath(created.id);
    expect(device.endsWith(`/virtio-${created.id.replaceAll('-', '').slice(0, 20)}`)).toBe(true);
    await until(() => existsSync(device), { withinMs: 30_000, what: 'the device' });
    expect(readlinkSync(device)).toBe(simulator.volumePath(created.id));
    expect(statSync(device).size).toBe(2 * GiB);
    expect(statSync(device).blocks * 512).toBeLessThan(MiB);

    const detached = await detachFromOma(attached);
    expect(detached).toMatchObject({ state: 'Ready', vmId: undefined, deviceId: undefined });
    expect(existsSync(device)).toBe(false);

    await deleteVolume(client, { volumeId: created.id });
    expect(await findVolume(client, created.id)).toBeUndefined();
    expect(existsSync(simulator.volumePath(created.id))).toBe(false);
  });

  test('keeps its bytes through detach and attach', async () => {
    const volume = await createVolume(cloud.client, intent());
    await attachToOma(volume);
    writeFileSync(cloud.simulator.volumePath(volume.id), 'first bytes', { flag: 'r+' });

    await detachFromOma(volume);
    await attachToOma(volume);

    const file = await open(cloud.simulator.volumePath(volume.id));
    const { buffer } = await file.read(Buffer.alloc(11), 0, 11, 0).finally(() => file.close());
    expect(buffer.toString()).toBe('first bytes');
  });

  test('is given by each step again when the step is repeated', async () => {
    const { client, simulator } = cloud;
    const wanted = intent();
    const first = await createVolume(client, wanted);
    const second = await createVolume(client, wanted);
    expect(second.id).toBe(first.id);
    expect(await listVolumes(client, { name: wanted.name })).toHaveLength(1);

    const attached = await attachToOma(first);
    expect(await attachToOma(first)).toEqual(attached);
    await detachFromOma(first);
    expect(await detachFromOma(first)).toMatchObject({ vmId: undefined });
    await deleteVolume(client, { volumeId: first.id });
    await deleteVolume(client, { volumeId: first.id });
    expect(simulator.world.volumes.filter((row) => row.name === wanted.name)).toEqual([]);
  });

  test('tells the ids of its job as soon as the job is accepted', async () => {
    const submitted: unknown[] = [];

    const volume = await createVolume(cloud.client, intent(), { onSubmitted: (ids) => void submitted.push(ids) });

    expect(submitted).toEqual([{ command: 'createVolume', jobId: expect.any(String), id: volume.id }]);
  });

  test('grows to the next whole GiB and never shrinks', async () => {
    const { client, simulator } = cloud;
    const volume = await createVolume(client, intent());
    await attachToOma(volume);

    const grown = await resizeVolume(client, { volumeId: volume.id, sizeBytes: 2 * GiB + 1 });
    const same = await resizeVolume(client, { volumeId: volume.id, sizeBytes: GiB });

    expect([grown.sizeBytes, same.sizeBytes]).toEqual([3 * GiB, 3 * GiB]);
    expect(statSync(simulator.volumePath(volume.id)).size).toBe(3 * GiB);
  });

  test('is refused a smaller one of its name, and one that is attached elsewhere', async () => {
    const wanted = intent();
    const volume = await createVolume(cloud.client, wanted);

    await expect(createVolume(cloud.client, { ...wanted, sizeBytes: 2 * GiB })).rejects.toMatchObject({
      code: 'cloudstack.volume-mismatch',
    });
    await attachToOma(volume);
    await expect(createVolume(cloud.client, wanted)).rejects.toMatchObject({ code: 'cloudstack.volume-mismatch' });
    const ours = await createVolume(cloud.client, { ...wanted, mayBeAttachedTo: [cloud.simulator.ids.omaVm] });
    expect(ours.id).toBe(volume.id);
  });

  test('is not chosen between two of one name', async () => {
    const wanted = intent();
    const volume = await createVolume(cloud.client, wanted);
    cloud.simulator.edit((world) => {
      const row = world.volumes.find((candidate) => candidate.id === volume.id);
      if (row !== undefined) world.volumes.push({ ...row, id: '11111111-2222-3333-4444-555555555555' });
    });

    await expect(createVolume(cloud.client, wanted)).rejects.toMatchObject({
      code: 'cloudstack.volume-ambiguous',
      details: { volumeIds: [volume.id, '11111111-2222-3333-4444-555555555555'] },
    });
  });

  test('can be given its id beforehand', async () => {
    const customId = '6a0f5a55-94c8-4b5c-8a3f-9d1c2b3a4e5f';
    const wanted = { ...intent(), customId };
    cloud.simulator.faults.add({ command: 'createVolume', kind: 'drop-after' });

    const volume = await createVolume(cloud.client, wanted);

    expect(volume.id).toBe(customId);
  });
});

describe('refusals', () => {
  test('delete of an attached volume is refused by us without asking, and by the cloud in its own words', async () => {
    const volume = await createVolume(cloud.client, intent());
    await attachToOma(volume);

    await expect(deleteVolume(cloud.client, { volumeId: volume.id })).rejects.toMatchObject({
      code: 'cloudstack.volume-attached',
      kind: 'conflict',
      details: { vmId: cloud.simulator.ids.omaVm },
    });
    await expect(cloud.client.call('deleteVolume', { id: volume.id })).rejects.toMatchObject({
      code: 'cloudstack.volume-attached',
      details: { errorCode: 431, errorText: 'Please specify a volume that is not attached to any VM.' },
    });
    expect((await getVolume(cloud.client, volume.id)).vmId).toBe(cloud.simulator.ids.omaVm);
  });

  test('a volume is never taken away from another VM', async () => {
    const volume = await createVolume(cloud.client, intent());
    await attachToOma(volume);
    const other = { volumeId: volume.id, vmId: 'another-vm' };

    await expect(detachVolume(cloud.client, other)).rejects.toMatchObject({ code: 'cloudstack.volume-attached' });
    await expect(attachVolume(cloud.client, other)).rejects.toMatchObject({ code: 'cloudstack.volume-attached' });
    expect((await getVolume(cloud.client, volume.id)).vmId).toBe(cloud.simulator.ids.omaVm);
  });

  test('VM snapshots block attach and detach', async () => {
    const { simulator, client } = cloud;
    const [inside, outside] = [await createVolume(client, intent()), await createVolume(client, intent())];
    await attachToOma(inside);
    simulator.edit((world) => {
      world.vmSnapshots.push(vmSnapshotOf(simulator.ids.omaVm));
    });

    const refused = { code: 'cloudstack.vm-has-snapshots', kind: 'precondition' };
    await expect(attachToOma(outside)).rejects.toMatchObject(refused);
    await expect(detachFromOma(inside)).rejects.toMatchObject(refused);
    simulator.edit((world) => {
      world.vmSnapshots = [];
    });
    expect(await detachFromOma(inside)).toMatchObject({ vmId: undefined });
  });

  test('a VM that is neither running nor stopped, and one in another zone, take no volume', async () => {
    const { simulator, client } = cloud;
    const volume = await createVolume(client, intent());
    const oma = simulator.world.vms.find((vm) => vm.id === simulator.ids.omaVm);
    if (oma === undefined) throw new Error('there is no OMA VM');
    const { zoneId } = oma;

    simulator.edit(() => (oma.state = 'Starting'));
    await expect(attachToOma(volume)).rejects.toMatchObject({ code: 'cloudstack.vm-state' });
    simulator.edit(() => Object.assign(oma, { state: 'Running', zoneId: 'other-zone' }));
    await expect(attachToOma(volume)).rejects.toMatchObject({ code: 'cloudstack.zone-mismatch' });
    simulator.edit(() => Object.assign(oma, { zoneId }));
    expect(await attachToOma(volume)).toMatchObject({ state: 'Ready' });
  });

  test('a running VM takes no root disk', async () => {
    const volume = await createVolume(cloud.client, intent());

    await expect(
      attachVolume(cloud.client, { volumeId: volume.id, vmId: cloud.simulator.ids.omaVm, deviceId: 0 }),
    ).rejects.toMatchObject({ code: 'cloudstack.vm-state' });
  });

  test('an offering of one size takes no other', async () => {
    const wanted = { ...intent(), diskOfferingId: cloud.simulator.ids.fixedDiskOffering };

    await expect(createVolume(cloud.client, wanted)).rejects.toMatchObject({ code: 'cloudstack.size-refused' });
  });

  test('unknown ids are not found', async () => {
    const volumeId = '00000000-0000-0000-0000-000000000000';

    expect(await findVolume(cloud.client, volumeId)).toBeUndefined();
    await expect(attachVolume(cloud.client, { volumeId, vmId: cloud.simulator.ids.omaVm })).rejects.toMatchObject({
      code: 'cloudstack.volume-not-found',
      kind: 'not-found',
    });
  });
});

describe('places at a VM', () => {
  test('skip the root disk and the CD-ROM, and end with a refusal that asks to wait', async () => {
    await using small = await startTestCloud({ dataVolumesMax: 4 });
    const { ids } = small.simulator;
    const places: (number | undefined)[] = [];
    const wanted = (name: string) => ({ ...intent(), name, zoneId: ids.zone, diskOfferingId: ids.diskOffering });
    for (const name of ['a', 'b', 'c', 'd']) {
      const { id: volumeId } = await createVolume(small.client, wanted(name));
      places.push((await attachVolume(small.client, { volumeId, vmId: ids.omaVm })).deviceId);
    }
    const fifth = await createVolume(small.client, wanted('e'));

    const attempt = attachVolume(small.client, { volumeId: fifth.id, vmId: ids.omaVm });

    expect(places).toEqual([1, 2, 4, 5]);
    await expect(attempt).rejects.toMatchObject({ code: 'cloudstack.no-device-slot', retry: 'later' });
  });
});
