import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { openSync, closeSync, statSync, writeSync } from 'node:fs';
import type { TestCloud } from '../../support/cloudstack.ts';
import type { TestDatabase } from '../../support/database.ts';
import { makeContext, makeDisk, makeJob, makeReplicationJob } from '../../support/factories.ts';
import type { Operation, TestDaemon } from '../../support/volume-daemon.ts';
import { VolumeStand } from '../../support/volume-stand.ts';
import { bytesAt } from '../../support/volumes.ts';

const GIB = 1024 ** 3;
const AT = { offset: 4096, length: 4096 };

let stand: VolumeStand;
let database: TestDatabase;
let cloud: TestCloud;
let daemon: TestDaemon;
beforeAll(async () => {
  stand = await VolumeStand.start({ jobDelayMs: 0, deviceDelayMs: 0 });
  ({ database, cloud, daemon } = stand);
});
afterAll(async () => stand[Symbol.asyncDispose]());
afterEach(() => {
  cloud.simulator.faults.clear();
  set('kvm.snapshot.enabled', 'false');
});

const set = (name: string, value: string): void => cloud.simulator.edit((world) => void (world.settings[name] = value));
const oma = (): string => cloud.simulator.ids.omaVm;
const snapshot = (volumeId: string, name?: string): Promise<Operation> => stand.act(volumeId, 'snapshots', { name });
const idOf = (operation: Operation): string => String(operation.response?.['snapshot_id']);

async function made(contextId?: string): Promise<string> {
  const created = await stand.create({ vm_context_id: contextId, metadata: { asked_by: 'a test' } });
  expect(created.request).toMatchObject({ metadata: { asked_by: 'a test' } });
  return String(created.volume_id);
}

function write(volumeId: string, value: number): void {
  const file = openSync(cloud.simulator.volumePath(volumeId), 'r+');
  writeSync(file, Buffer.alloc(AT.length, value), 0, AT.length, AT.offset);
  closeSync(file);
}
const contents = (volumeId: string): Promise<number[]> => bytesAt(cloud.simulator.volumePath(volumeId), AT);

/** A disk that was copied to this volume, and whose changes are known. */
async function committedDisk(volumeId: string, contextId: string): Promise<number> {
  const job = await makeReplicationJob(database.knex, contextId, { status: 'completed' });
  const volume = await stand.volumeRow(volumeId);
  const owner = { contextId, jobId: job.id };
  const known = { disk_change_id: '52 aa/7', target_generation: 1, committed_generation: 1 };
  return (await makeDisk(database.knex, owner, { ossea_volume_id: volume?.['id'], ...known })).id;
}

const generation = async (diskId: number): Promise<unknown> =>
  (await database.knex('vm_disks').where({ id: diskId }).pluck<number[]>('target_generation'))[0];

describe('resizing', () => {
  test('grows an attached volume in place, shows it to the host, and ends what was known of its contents', async () => {
    const context = await makeContext(database.knex);
    const volumeId = await made(context.context_id);
    await stand.attach(volumeId);
    const diskId = await committedDisk(volumeId, context.context_id);
    const resized = await stand.act(volumeId, 'resize', { size: 2 * GIB + 1 });
    expect(resized).toMatchObject({ type: 'resize', status: 'completed', response: { size: 3 * GIB } });
    expect(statSync(cloud.simulator.devicePath(volumeId)).size).toBe(3 * GIB);
    await expect(stand.volumeRow(volumeId)).resolves.toMatchObject({
      size_gb: 3,
      size_bytes: 3 * GIB,
      state: 'attached',
    });
    await expect(stand.mappingRow(volumeId)).resolves.toMatchObject({ size: 3 * GIB, cloudstack_state: 'attached' });
    await expect(generation(diskId)).resolves.toBe(2);

    await expect(stand.act(volumeId, 'resize', { size: GIB })).resolves.toMatchObject({ status: 'completed' });
    expect(stand.inCloud(volumeId)?.sizeBytes).toBe(3 * GIB);
    await expect(generation(diskId)).resolves.toBe(2);
  });

  test('is refused while a job writes to the volume', async () => {
    const volumeId = await made();
    await stand.attach(volumeId);
    const job = await makeJob(database.knex, { status: 'running', dispatch_state: 'claimed', lease_epoch: 1 });
    const open = { job_id: job.id, epoch: 1 };
    await expect(daemon.call('POST', `/exports/${volumeId}/open`, open)).resolves.toMatchObject({ status: 200 });
    const refused = await stand.act(volumeId, 'resize', { size: 2 * GIB });
    expect(refused.error).toMatch('export.in-use');
    expect(stand.inCloud(volumeId)?.sizeBytes).toBe(GIB);
    await daemon.call('POST', `/exports/${volumeId}/close`, open);
  });

  test('detaches the volume where CloudStack does not resize attached ones', async () => {
    const volumeId = await made();
    await stand.attach(volumeId);
    cloud.simulator.faults.add({
      command: 'resizeVolume',
      kind: 'error',
      errorCode: 431,
      errorText: 'Unable to resize: the VM must be stopped',
    });
    const resized = await stand.act(volumeId, 'resize', { size: 2 * GIB });
    expect(resized).toMatchObject({ status: 'completed' });
    expect(stand.inCloud(volumeId)).toMatchObject({ vmId: oma(), sizeBytes: 2 * GIB });
    await expect(stand.mappingRow(volumeId)).resolves.toMatchObject({ size: 2 * GIB, linux_state: 'detected' });
  });
});

describe('snapshots', () => {
  test('remembers what the disk was known to hold, and nothing where nobody could say', async () => {
    const contextId = (await makeContext(database.knex)).context_id;
    const volumeId = await made(contextId);
    await stand.attach(volumeId);
    const diskId = await committedDisk(volumeId, contextId);
    await snapshot(volumeId, 'known');
    expect(await stand.volumeRow(volumeId)).toMatchObject({ snapshot_generation: 1, snapshot_change_id: '52 aa/7' });

    await database.knex('vm_disks').where({ id: diskId }).update({ target_generation: 2 });
    await snapshot(volumeId, 'known');
    expect(await stand.volumeRow(volumeId)).toMatchObject({ snapshot_generation: 1 });
    await snapshot(volumeId, 'unknown');
    expect(await stand.volumeRow(volumeId)).toMatchObject({ snapshot_generation: null, snapshot_change_id: null });
  });

  test('are taken of a detached volume where running ones may not be; reverting brings all back', async () => {
    const context = await makeContext(database.knex);
    const volumeId = await made(context.context_id);
    await stand.attach(volumeId);
    const diskId = await committedDisk(volumeId, context.context_id);
    write(volumeId, 0x11);
    const taken = await snapshot(volumeId, 'before');
    expect(taken).toMatchObject({ type: 'snapshot', status: 'completed', response: { volume_id: volumeId } });
    const snapshotId = idOf(taken);
    expect(stand.inCloud(volumeId)?.vmId).toBe(oma());
    const tracked = { snapshot_id: snapshotId, snapshot_name: 'before', snapshot_status: 'ready' };
    await expect(stand.volumeRow(volumeId)).resolves.toMatchObject({ ...tracked, state: 'attached' });
    await expect(stand.mappingRow(volumeId)).resolves.toMatchObject({
      ossea_snapshot_id: snapshotId,
      snapshot_status: 'ready',
      linux_state: 'detected',
    });
    await expect(generation(diskId)).resolves.toBe(1);
    const again = await snapshot(volumeId, 'before');
    expect(idOf(again)).toBe(snapshotId);

    await stand.act(volumeId, 'resize', { size: 2 * GIB });
    write(volumeId, 0x22);
    const listed = await daemon.call('GET', `/volumes/${volumeId}/snapshots`);
    expect(listed.body['snapshots']).toContainEqual(
      expect.objectContaining({ snapshot_id: snapshotId, state: 'BackedUp', size: GIB }),
    );
    const reverted = await stand.act(volumeId, `snapshots/${snapshotId}/revert`);
    expect(reverted).toMatchObject({ type: 'revert', status: 'completed', response: { snapshot_id: snapshotId } });
    await expect(contents(volumeId)).resolves.toEqual([0x11]);
    expect(stand.inCloud(volumeId)).toMatchObject({ vmId: oma(), sizeBytes: GIB });
    await expect(stand.volumeRow(volumeId)).resolves.toMatchObject({
      size_gb: 1,
      state: 'attached',
      snapshot_status: 'rollback_complete',
    });
    await expect(stand.mappingRow(volumeId)).resolves.toMatchObject({ size: GIB, linux_state: 'detected' });
    expect(Number(await generation(diskId))).toBeGreaterThan(2);

    await stand.act(volumeId, 'detach');
    await expect(stand.volumeRow(volumeId)).resolves.toMatchObject({ snapshot_id: snapshotId });
    await stand.attach(volumeId);
    await expect(stand.mappingRow(volumeId)).resolves.toMatchObject({ ossea_snapshot_id: snapshotId });
    const deleted = await daemon.operation('DELETE', `/volumes/${volumeId}/snapshots/${snapshotId}`);
    expect(deleted).toMatchObject({ type: 'delete-snapshot', status: 'completed' });
    await expect(stand.volumeRow(volumeId)).resolves.toMatchObject({ snapshot_id: null, snapshot_status: 'none' });
    expect(cloud.simulator.world.snapshots.some((each) => each.id === snapshotId)).toBe(false);
    const twice = await daemon.operation('DELETE', `/volumes/${volumeId}/snapshots/${snapshotId}`);
    expect(twice).toMatchObject({ status: 'completed' });
  });

  test('go with their volume where a failover made them, and else stay', async () => {
    const isThere = (id: string): boolean => cloud.simulator.world.snapshots.some((each) => each.id === id);
    const left: [name: string, isKept: boolean][] = [
      ['multi-test-failover-disk-2000-failover-1', false],
      ['by hand', true],
    ];
    for (const [name, isKept] of left) {
      const volumeId = await made();
      await stand.attach(volumeId);
      const snapshotId = idOf(await snapshot(volumeId, name));
      expect(isThere(snapshotId)).toBe(true);
      const deleted = await daemon.operation('DELETE', `/volumes/${volumeId}`);
      expect(deleted).toMatchObject({ type: 'delete', status: 'completed' });
      expect(isThere(snapshotId)).toBe(isKept);
    }
  });

  test('are taken in place where that is allowed', async () => {
    const volumeId = await made();
    await stand.attach(volumeId);
    const attachedAt = cloud.simulator.world.volumes.find(({ id }) => id === volumeId)?.attachedAt;
    set('kvm.snapshot.enabled', 'true');
    await expect(snapshot(volumeId)).resolves.toMatchObject({ status: 'completed' });
    expect(cloud.simulator.world.volumes.find(({ id }) => id === volumeId)?.attachedAt).toBe(attachedAt);
  });

  test('of another volume, or of none, change nothing', async () => {
    const [first, second] = [await made(), await made()];
    await stand.attach(first);
    await stand.attach(second);
    const snapshotId = idOf(await snapshot(first));
    write(second, 0x33);
    const wrong = await stand.act(second, `snapshots/${snapshotId}/revert`);
    expect(wrong.error).toMatch('volume.other-snapshot');
    const unknown = await stand.act(second, `snapshots/${randomUUID()}/revert`);
    expect(unknown.error).toMatch('volume.snapshot-unknown');
    await expect(contents(second)).resolves.toEqual([0x33]);
    const kept = await daemon.operation('DELETE', `/volumes/${second}/snapshots/${snapshotId}`);
    expect(kept.error).toMatch('volume.other-snapshot');
    expect(stand.inCloud(second)?.vmId).toBe(oma());
  });

  test('that CloudStack does not make leave the volume attached, and say so', async () => {
    const volumeId = await made();
    await stand.attach(volumeId);
    cloud.simulator.faults.add({ command: 'createSnapshot', kind: 'error', errorCode: 532, errorText: 'Maximum' });
    const failed = await snapshot(volumeId);
    expect(failed).toMatchObject({ status: 'failed' });
    expect(stand.inCloud(volumeId)?.vmId).toBe(oma());
    await expect(stand.mappingRow(volumeId)).resolves.toMatchObject({
      cloudstack_state: 'attached',
      snapshot_status: 'failed',
    });
  });

  test('are followed by name for a VM, in rows only', async () => {
    const context = await makeContext(database.knex);
    const volumeId = await made(context.context_id);
    const track = { volume_uuid: volumeId, vm_context_id: context.context_id, snapshot_id: 'snap-1' };
    await expect(daemon.call('POST', '/snapshots/track', track)).resolves.toMatchObject({ status: 200 });
    const strange = { ...track, vm_context_id: 'another' };
    await expect(daemon.call('POST', '/snapshots/track', strange)).resolves.toMatchObject({ status: 409 });
    const path = `/snapshots/vm/${context.context_id}`;
    const listed = await daemon.call('GET', path);
    expect(listed.body).toMatchObject([
      {
        volume_uuid: volumeId,
        snapshot_id: 'snap-1',
        snapshot_status: 'ready',
        device_path: null,
        operation_mode: null,
      },
    ]);
    await daemon.call('PUT', `/snapshots/${volumeId}`, { snapshot_status: 'failed' });
    const changed = await daemon.call('GET', path);
    expect(changed.body).toMatchObject([{ snapshot_id: 'snap-1', snapshot_status: 'failed' }]);
    await expect(daemon.call('PUT', `/snapshots/${randomUUID()}`, {})).resolves.toMatchObject({ status: 404 });
    await expect(daemon.call('DELETE', path)).resolves.toMatchObject({ status: 200, body: { count: 1 } });
    expect((await daemon.call('GET', path)).body).toEqual([]);
  });
});

describe('after a test failover', () => {
  const cleanUp = (volumeId: string, testVmId: string, more: object = {}): Promise<Operation> =>
    daemon.operation('POST', '/cleanup/test-failover', {
      test_vm_id: testVmId,
      volume_id: volumeId,
      oma_vm_id: oma(),
      ...more,
    });

  /** A VM without disks of its own, as after its template's root disk was taken away. */
  function makeVm(state: 'Running' | 'Stopped'): string {
    const id = randomUUID();
    cloud.simulator.edit((world) => {
      const [first] = world.vms;
      if (first !== undefined) world.vms.push({ ...structuredClone(first), id, name: `vm-${id}`, state });
    });
    return id;
  }

  test('all volumes of ours come back before the VM is destroyed, its root disk among them', async () => {
    const [root, data] = [await made(), await made()];
    await stand.attach(root);
    write(root, 0x44);
    await stand.act(root, 'detach');
    const vmId = makeVm('Stopped');
    await stand.act(root, 'attach-root', { vm_id: vmId });
    await stand.attach(data, vmId);
    cloud.simulator.edit((world) => {
      for (const vm of world.vms) if (vm.id === vmId) vm.state = 'Running';
    });
    const cleaned = await cleanUp(data, vmId, { delete_vm: true });
    expect(cleaned).toMatchObject({ type: 'cleanup', status: 'completed', vm_id: vmId, volume_id: data });
    expect(cloud.simulator.world.vms.some((vm) => vm.id === vmId && vm.state !== 'Destroyed')).toBe(false);
    for (const volumeId of [root, data]) {
      expect(stand.inCloud(volumeId)?.vmId).toBe(oma());
      await expect(stand.mappingRow(volumeId)).resolves.toMatchObject({
        operation_mode: 'oma',
        linux_state: 'detected',
      });
    }
    await expect(contents(root)).resolves.toEqual([0x44]);
    await expect(cleanUp(data, vmId, { delete_vm: true, force_clean: true })).resolves.toMatchObject({
      status: 'completed',
    });
  });

  test('neither an appliance nor a VM that no row knows is touched', async () => {
    const volumeId = await made();
    await stand.attach(volumeId);
    const own = await cleanUp(volumeId, oma(), { delete_vm: true, force_clean: true });
    expect(own.error).toMatch('cleanup.oma-vm');
    const stranger = makeVm('Running');
    const unknown = await cleanUp(volumeId, stranger, { delete_vm: true });
    expect(unknown.error).toMatch('cleanup.unknown-vm');
    expect(cloud.simulator.world.vms.find((vm) => vm.id === stranger)?.state).toBe('Running');
    expect(stand.inCloud(volumeId)?.vmId).toBe(oma());
  });
});

describe('operations', () => {
  test('come in pages, newest first, each with its history', async () => {
    const volumeId = await made();
    await stand.attach(volumeId);
    await stand.act(volumeId, 'detach');
    const query = `/operations?volume_id=${volumeId}&limit=2`;
    const first = await daemon.call('GET', query);
    expect(first.body).toMatchObject({ count: 3, operations: [{ type: 'detach' }, { type: 'attach' }] });
    const second = await daemon.call('GET', `${query}&cursor=${String(first.body['next_cursor'])}`);
    expect(second.body).toMatchObject({ operations: [{ type: 'create' }], next_cursor: null });
    const [{ id }] = second.body['operations'] as [{ id: string }];
    const whole = await daemon.call('GET', `/operations/${id}`);
    expect(whole.body).toMatchObject({
      history: [{ new_status: 'pending' }, { new_status: 'executing' }, { new_status: 'completed' }],
    });
  });
});
