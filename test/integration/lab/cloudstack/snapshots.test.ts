import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GiB } from '../../../../src/base/units.ts';
import { attachVolume, detachVolume } from '../../../../src/cloudstack/volume-changes.ts';
import { createVolume } from '../../../../src/cloudstack/volume-creation.ts';
import { endOf, failure, jobOf, type Answer } from '../../../support/cloudstack-jobs.ts';
import { startTestCloud, vmSnapshotOf, type TestCloud } from '../../../support/cloudstack.ts';
import { until } from '../../../support/until.ts';

let cloud: TestCloud;
const cleanUp = new AsyncDisposableStack();

beforeAll(async () => {
  cloud = cleanUp.use(await startTestCloud());
});
afterAll(() => cleanUp.disposeAsync());

const job = (command: string, parameters: Record<string, string>) => jobOf(cloud.client, command, parameters);
const ended = (jobId: string) => endOf(cloud.client, jobId);

/** A volume with storage, detached again. */
async function volumeWith(bytes: Buffer): Promise<string> {
  const { zone, diskOffering, omaVm } = cloud.simulator.ids;
  const name = `v-${randomBytes(4).toString('hex')}`;
  const { id } = await createVolume(cloud.client, { name, zoneId: zone, diskOfferingId: diskOffering, sizeBytes: GiB });
  await attachVolume(cloud.client, { volumeId: id, vmId: omaVm });
  await detachVolume(cloud.client, { volumeId: id, vmId: omaVm });
  write(id, bytes);
  return id;
}

const AT = 512 * 1024 * 1024;

function write(volumeId: string, bytes: Buffer): void {
  const file = openSync(cloud.simulator.volumePath(volumeId), 'r+');
  writeSync(file, bytes, 0, bytes.length, AT);
  closeSync(file);
}

function read(volumeId: string, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const file = openSync(cloud.simulator.volumePath(volumeId), 'r');
  readSync(file, bytes, 0, length, AT);
  closeSync(file);
  return bytes;
}

const attach = (volumeId: string) => attachVolume(cloud.client, { volumeId, vmId: cloud.simulator.ids.omaVm });
const detach = (volumeId: string) => detachVolume(cloud.client, { volumeId, vmId: cloud.simulator.ids.omaVm });

describe('a snapshot of a volume', () => {
  test('has the bytes of its moment, and brings them back', async () => {
    const before = randomBytes(4096);
    const volumeId = await volumeWith(before);

    const taken = await job('createSnapshot', { volumeid: volumeId, name: 'before' });
    const { id } = (taken['jobresult'] as { snapshot: { id: string } }).snapshot;
    expect(taken).toMatchObject({ jobstatus: 1, jobresult: { snapshot: { state: 'BackedUp', revertable: true } } });
    write(volumeId, randomBytes(4096));
    const reverted = await job('revertSnapshot', { id });

    expect(reverted).toMatchObject({ jobstatus: 1, jobresult: { snapshot: { id, volumeid: volumeId } } });
    expect(read(volumeId, 4096).equals(before)).toBe(true);
    expect(statSync(cloud.simulator.volumePath(volumeId)).blocks * 512).toBeLessThan(GiB / 8);
    expect(await job('deleteSnapshot', { id })).toMatchObject({ jobstatus: 1, jobresult: { success: true } });
    expect(await cloud.client.call('listSnapshots', { volumeid: volumeId, listall: 'true' })).toEqual({});
  });

  test('gives a volume back the size that it had', async () => {
    const volumeId = await volumeWith(Buffer.from('small'));
    const taken = await job('createSnapshot', { volumeid: volumeId });
    await job('resizeVolume', { id: volumeId, size: '2' });

    await job('revertSnapshot', { id: (taken['jobresult'] as { snapshot: { id: string } }).snapshot.id });

    const listed = (await cloud.client.call('listVolumes', { id: volumeId })) as { volume: Answer[] };
    expect(listed.volume[0]).toMatchObject({ size: GiB, state: 'Ready' });
    expect(statSync(cloud.simulator.volumePath(volumeId)).size).toBe(GiB);
  });

  test('becomes a volume of its own', async () => {
    const before = randomBytes(512);
    const volumeId = await volumeWith(before);
    const taken = await job('createSnapshot', { volumeid: volumeId });
    const { id: snapshotid } = (taken['jobresult'] as { snapshot: { id: string } }).snapshot;

    const made = await job('createVolume', { name: 'copy', snapshotid });

    const { volume } = made['jobresult'] as { volume: { id: string } };
    expect(volume).toMatchObject({ state: 'Ready', snapshotid, size: GiB });
    expect(read(volume.id, 512).equals(before)).toBe(true);
  });

  test('of a volume at a running VM needs kvm.snapshot.enabled', async () => {
    const volumeId = await volumeWith(Buffer.from('x'));
    await attach(volumeId);

    const refused = await job('createSnapshot', { volumeid: volumeId });
    expect(refused).toMatchObject({ jobstatus: 2, jobresultcode: 530 });
    expect((refused['jobresult'] as Answer)['errortext']).toContain('KVM Snapshot is not supported for Running VMs');
    const [failed] = (
      (await cloud.client.call('listSnapshots', { volumeid: volumeId, listall: 'true' })) as {
        snapshot: Answer[];
      }
    ).snapshot;
    expect(failed).toMatchObject({ state: 'Error', revertable: false });

    cloud.simulator.edit((world) => (world.settings['kvm.snapshot.enabled'] = 'true'));
    const allowed = await job('createSnapshot', { volumeid: volumeId });
    cloud.simulator.edit((world) => (world.settings = {}));
    expect(allowed).toMatchObject({ jobstatus: 1 });
  });

  test('is neither quiesced nor taken of a volume without storage', async () => {
    const { zone, diskOffering } = cloud.simulator.ids;
    const empty = { name: 'empty', zoneId: zone, diskOfferingId: diskOffering, sizeBytes: GiB };
    const { id } = await createVolume(cloud.client, empty);
    await expect(cloud.client.call('createSnapshot', { volumeid: id })).rejects.toThrow(
      `VolumeId: ${id} is not in Ready state but Allocated. Cannot take snapshot.`,
    );

    const volumeId = await volumeWith(Buffer.from('x'));
    expect(await job('createSnapshot', { volumeid: volumeId, quiescevm: 'true' })).toMatchObject(
      failure(431, "can't handle quiescevm equal true for volume snapshot"),
    );
  });

  test('is not reverted to while the VM runs, or has snapshots', async () => {
    const volumeId = await volumeWith(Buffer.from('x'));
    const taken = await job('createSnapshot', { volumeid: volumeId });
    const { id } = (taken['jobresult'] as { snapshot: { id: string } }).snapshot;
    const { omaVm } = cloud.simulator.ids;
    await attach(volumeId);

    expect(await job('revertSnapshot', { id })).toMatchObject(
      failure(431, 'The VM the specified disk is attached to is not in the shutdown state.'),
    );
    cloud.simulator.edit((world) => {
      world.vmSnapshots.push(vmSnapshotOf(omaVm));
      for (const vm of world.vms) vm.state = 'Stopped';
    });
    const blocked = await job('revertSnapshot', { id });
    cloud.simulator.edit((world) => {
      world.vmSnapshots = [];
      for (const vm of world.vms) vm.state = 'Running';
    });
    expect(blocked).toMatchObject(
      failure(431, 'Unable to revert snapshot for VM, please remove VM snapshots before reverting VM from snapshot'),
    );
    await detach(volumeId);
  });

  test('that a restart cuts short is in error, and its volume is free again', async () => {
    const volumeId = await volumeWith(Buffer.from('x'));
    cloud.simulator.faults.add({ command: 'createSnapshot', kind: 'job-stuck' });
    const accepted = (await cloud.client.call('createSnapshot', { volumeid: volumeId })) as Answer;
    const volume = async () =>
      ((await cloud.client.call('listVolumes', { id: volumeId })) as { volume: Answer[] }).volume[0];
    expect(await volume()).toMatchObject({ state: 'Snapshotting' });
    await expect(cloud.client.call('deleteVolume', { id: volumeId })).rejects.toThrow(
      'There are snapshot operations in progress on the volume, unable to delete it',
    );

    await cloud.restart();
    // The first call may meet the connection to the one that has gone.
    const answers = () => cloud.client.call('listZones', {}).then(Boolean, () => false);
    await until(answers, { withinMs: 30_000, what: 'the cloud' });

    expect(await ended(String(accepted['jobid']))).toMatchObject({ jobstatus: 2, jobresultcode: 530 });
    expect(await volume()).toMatchObject({ state: 'Ready' });
    const listed = (await cloud.client.call('listSnapshots', { volumeid: volumeId, listall: 'true' })) as {
      snapshot: Answer[];
    };
    expect(listed.snapshot).toMatchObject([{ state: 'Error' }]);
  });
});
