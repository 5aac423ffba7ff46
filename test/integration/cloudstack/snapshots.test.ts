import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { GiB } from '../../../src/base/units.ts';
import { createSnapshot, deleteSnapshot, revertSnapshot } from '../../../src/cloudstack/snapshot-changes.ts';
import { findSnapshot, listSnapshots } from '../../../src/cloudstack/snapshots.ts';
import { attachVolume, detachVolume } from '../../../src/cloudstack/volume-changes.ts';
import { createVolume } from '../../../src/cloudstack/volume-creation.ts';
import { listVmSnapshots } from '../../../src/cloudstack/vm-snapshots.ts';
import { startTestCloud, vmSnapshotOf, type TestCloud } from '../../support/cloudstack.ts';

let cloud: TestCloud;
let volumeId: string;

const vmId = (): string => cloud.simulator.ids.omaVm;
const names = async (): Promise<string[]> => (await listSnapshots(cloud.client, { volumeId })).map(({ name }) => name);
const jobsOf = (command: string): number => cloud.simulator.world.jobs.filter((job) => job.command === command).length;
const write = (text: string): void => writeFileSync(cloud.simulator.volumePath(volumeId), text, { flag: 'r+' });
const firstBytes = (): string => head(cloud.simulator.volumePath(volumeId));

function head(path: string): string {
  const bytes = Buffer.alloc(3);
  const file = openSync(path, 'r');
  readSync(file, bytes, 0, bytes.length, 0);
  closeSync(file);
  return bytes.toString();
}

/** Detached, with storage. */
async function newVolume(): Promise<string> {
  const { zone: zoneId, diskOffering: diskOfferingId } = cloud.simulator.ids;
  const { id } = await createVolume(cloud.client, { name: 'snapshots', zoneId, diskOfferingId, sizeBytes: GiB });
  await attachVolume(cloud.client, { volumeId: id, vmId: vmId() });
  await detachVolume(cloud.client, { volumeId: id, vmId: vmId() });
  return id;
}

beforeAll(async () => {
  cloud = await startTestCloud();
  volumeId = await newVolume();
});
beforeEach(() => {
  cloud.simulator.faults.clear();
});
afterAll(() => cloud[Symbol.asyncDispose]());

describe('a snapshot', () => {
  test('is made, found again by its name, gone back to, and deleted', async () => {
    write('one');
    const submitted: unknown[] = [];
    const wanted = { volumeId, name: 'first' };

    const snapshot = await createSnapshot(cloud.client, wanted, { onSubmitted: (ids) => void submitted.push(ids) });
    const again = await createSnapshot(cloud.client, wanted);
    write('two');
    await revertSnapshot(cloud.client, { snapshotId: snapshot.id, volumeId });

    expect(firstBytes()).toBe('one');
    expect(snapshot).toMatchObject({ ...wanted, state: 'BackedUp', sizeBytes: GiB, createdAt: expect.any(Date) });
    expect(submitted).toEqual([{ command: 'createSnapshot', jobId: expect.any(String), id: snapshot.id }]);
    expect(again.id).toBe(snapshot.id);

    await deleteSnapshot(cloud.client, { snapshotId: snapshot.id });
    await deleteSnapshot(cloud.client, { snapshotId: snapshot.id });
    expect(await findSnapshot(cloud.client, snapshot.id)).toBeUndefined();
  });

  test('exists once when the answers to its orders are lost, and the reverts and deletions of it succeed', async () => {
    for (const command of ['createSnapshot', 'revertSnapshot', 'deleteSnapshot']) {
      cloud.simulator.faults.add({ command, kind: 'drop-after' });
    }
    write('one');
    const { id: snapshotId } = await createSnapshot(cloud.client, { volumeId, name: 'lost' });
    expect(await names()).toEqual(['lost']);

    write('two');
    await revertSnapshot(cloud.client, { snapshotId, volumeId });
    expect(firstBytes()).toBe('one');

    await deleteSnapshot(cloud.client, { snapshotId });
    expect(await names()).toEqual([]);
    expect(cloud.simulator.faults.pending()).toEqual([]);
  });

  test('is made by the next attempt when its order never arrives', async () => {
    cloud.simulator.faults.add({ command: 'createSnapshot', kind: 'drop-before' });
    const wanted = { volumeId, name: 'late' };

    await expect(createSnapshot(cloud.client, wanted)).rejects.toMatchObject({ code: 'cloudstack.unreachable' });
    expect(await names()).toEqual([]);
    const snapshot = await createSnapshot(cloud.client, wanted);

    expect(await names()).toEqual(['late']);
    await deleteSnapshot(cloud.client, { snapshotId: snapshot.id });
  });

  test('that went wrong is not taken for one, and its name can be used again', async () => {
    cloud.simulator.faults.add({ command: 'createSnapshot', kind: 'job-error', errorCode: 530, errorText: 'boom' });
    const wanted = { volumeId, name: 'wrong' };

    await expect(createSnapshot(cloud.client, wanted)).rejects.toMatchObject({ code: 'cloudstack.internal' });
    const snapshot = await createSnapshot(cloud.client, wanted);

    expect(snapshot.state).toBe('BackedUp');
    for (const { id } of await listSnapshots(cloud.client, { volumeId })) {
      await deleteSnapshot(cloud.client, { snapshotId: id });
    }
  });

  test('is not chosen between two of one name', async () => {
    const { id } = await createSnapshot(cloud.client, { volumeId, name: 'twin' });
    const twinId = '11111111-2222-3333-4444-555555555555';
    cloud.simulator.edit((world) => {
      const row = world.snapshots.find((candidate) => candidate.id === id);
      if (row !== undefined) world.snapshots.push({ ...row, id: twinId });
    });

    await expect(createSnapshot(cloud.client, { volumeId, name: 'twin' })).rejects.toMatchObject({
      code: 'cloudstack.snapshot-ambiguous',
      details: { snapshotIds: [id, twinId] },
    });
    for (const snapshotId of [id, twinId]) await deleteSnapshot(cloud.client, { snapshotId });
  });

  test('whose making outlasts the caller is waited for by the next attempt', async () => {
    cloud.simulator.faults.add({ command: 'createSnapshot', kind: 'job-delay', ms: 400 });
    const giveUp = new AbortController();
    const wanted = { volumeId, name: 'slow' };
    const ordered = jobsOf('createSnapshot');

    const first = createSnapshot(cloud.client, wanted, {
      signal: giveUp.signal,
      onSubmitted: () => giveUp.abort(new Error('lease lost')),
    });
    await expect(first).rejects.toThrow('lease lost');
    const snapshot = await createSnapshot(cloud.client, wanted);

    expect(snapshot.state).toBe('BackedUp');
    expect(jobsOf('createSnapshot')).toBe(ordered + 1);
    await deleteSnapshot(cloud.client, { snapshotId: snapshot.id });
  });
});

describe('going back to a snapshot', () => {
  let snapshotId: string;
  beforeAll(async () => {
    snapshotId = (await createSnapshot(cloud.client, { volumeId, name: 'base' })).id;
  });
  afterAll(() => deleteSnapshot(cloud.client, { snapshotId }));

  test('is ordered each time, because nothing shows that it was done', async () => {
    const before = jobsOf('revertSnapshot');

    await revertSnapshot(cloud.client, { snapshotId, volumeId });
    await revertSnapshot(cloud.client, { snapshotId, volumeId });

    expect(jobsOf('revertSnapshot')).toBe(before + 2);
  });

  test('that a caller has left under way is waited for, and not ordered again', async () => {
    cloud.simulator.faults.add({ command: 'revertSnapshot', kind: 'job-delay', ms: 400 });
    const giveUp = new AbortController();
    const before = jobsOf('revertSnapshot');
    const first = revertSnapshot(
      cloud.client,
      { snapshotId, volumeId },
      { signal: giveUp.signal, onSubmitted: () => giveUp.abort(new Error('lease lost')) },
    );
    await expect(first).rejects.toThrow('lease lost');

    await revertSnapshot(cloud.client, { snapshotId, volumeId });

    expect(jobsOf('revertSnapshot')).toBe(before + 1);
    expect(cloud.simulator.world.jobs.filter((job) => job.status === 0)).toEqual([]);
  });

  test('whose job is forgotten or fails is ordered once more, and then given up', async () => {
    const failure = { command: 'revertSnapshot', kind: 'job-error', errorCode: 530, errorText: 'boom' } as const;
    cloud.simulator.faults.add({ command: 'revertSnapshot', kind: 'job-forgotten' });
    await revertSnapshot(cloud.client, { snapshotId, volumeId });

    cloud.simulator.faults.add({ ...failure, times: 2 });
    await expect(revertSnapshot(cloud.client, { snapshotId, volumeId })).rejects.toMatchObject({
      code: 'cloudstack.internal',
    });
    expect(cloud.simulator.faults.pending()).toEqual([]);
  });

  test('is refused for the snapshot of another volume, and for one that is gone', async () => {
    const before = jobsOf('revertSnapshot');

    await expect(revertSnapshot(cloud.client, { snapshotId, volumeId: 'another' })).rejects.toMatchObject({
      code: 'cloudstack.snapshot-mismatch',
    });
    await expect(revertSnapshot(cloud.client, { snapshotId: 'gone', volumeId })).rejects.toMatchObject({
      code: 'cloudstack.snapshot-not-found',
    });
    expect(jobsOf('revertSnapshot')).toBe(before);
  });

  test('is refused while the VM of the volume runs, and while it has VM snapshots', async () => {
    await attachVolume(cloud.client, { volumeId, vmId: vmId() });
    await expect(revertSnapshot(cloud.client, { snapshotId, volumeId })).rejects.toMatchObject({
      code: 'cloudstack.vm-state',
    });

    cloud.simulator.edit((world) => {
      for (const vm of world.vms) vm.state = 'Stopped';
      world.vmSnapshots.push(vmSnapshotOf(vmId()));
    });
    expect(await listVmSnapshots(cloud.client, { vmId: vmId() })).toEqual([
      expect.objectContaining({ vmId: vmId(), state: 'Ready', type: 'DiskAndMemory', isCurrent: true }),
    ]);
    await expect(revertSnapshot(cloud.client, { snapshotId, volumeId })).rejects.toMatchObject({
      code: 'cloudstack.vm-has-snapshots',
    });
    cloud.simulator.edit((world) => {
      for (const vm of world.vms) vm.state = 'Running';
      world.vmSnapshots = [];
    });
    await detachVolume(cloud.client, { volumeId, vmId: vmId() });
  });
});

test('a volume of a running VM is refused a snapshot while the settings do not let it have one', async () => {
  await attachVolume(cloud.client, { volumeId, vmId: vmId() });

  await expect(createSnapshot(cloud.client, { volumeId, name: 'running' })).rejects.toMatchObject({
    code: 'cloudstack.running-snapshot',
    kind: 'precondition',
  });
});
