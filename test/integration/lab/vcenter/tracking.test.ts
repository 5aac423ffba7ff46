import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KiB, MiB } from '../../../../src/base/units.ts';
import type { VirtualDisk } from '../../../../src/vsphere/inventory/disks.ts';
import { queryChangedAreas } from '../../../../src/vsphere/changed-areas.ts';
import { setChangeTracking } from '../../../../src/vsphere/change-tracking.ts';
import { createSnapshot, readSnapshotDisks, removeSnapshot } from '../../../../src/vsphere/snapshots.ts';
import type { VsphereSession } from '../../../../src/vsphere/session.ts';
import type { ObjectRef } from '../../../../src/vsphere/soap/reference.ts';
import { findVm, readVm } from '../../../../src/vsphere/virtual-machine.ts';
import { TestVcenter } from '../../../support/vcenter.ts';

/** Changed block tracking of our simulator, seen by our client. What an ESXi does is in its docstrings. */

const BLOCK = 64 * KiB;
const QUICK = { pollMs: 5 };

let vcenter: TestVcenter;
let session: VsphereSession;

beforeAll(async () => {
  vcenter = await TestVcenter.start({ taskDelayMs: 1 });
  session = await vcenter.session();
});
afterAll(() => vcenter[Symbol.asyncDispose]());

let count = 0;

/** A new VM with two disks of 4 MiB, the first with something on it. */
async function newVm(changes = {}): Promise<ObjectRef & { name: string }> {
  count += 1;
  const name = `tracked-${count}`;
  const disks = [{ capacityBytes: 4 * MiB }, { capacityBytes: 4 * MiB + 512 }];
  vcenter.simulator.control.addVm({ name, disks, changes });
  await write(name, 2000, [1]);
  return { ...(await findVm(session, { path: `/Lab/vm/${name}` })), name };
}

const write = (vm: string, key: number, blocks: readonly number[]): Promise<void> =>
  vcenter.simulator.control.write(
    vm,
    key,
    blocks.map((block) => ({ offset: block * BLOCK + 7, bytes: Buffer.from(`written ${count}`) })),
  );

async function snapshot(vm: ObjectRef): Promise<{ ref: ObjectRef; disk: VirtualDisk; changeId: string | undefined }> {
  const { ref } = await createSnapshot(session, vm, { name: 's', description: 'd', quiesce: true, ...QUICK });
  const [disk] = await readSnapshotDisks(session, ref);
  if (disk === undefined) throw new Error('the snapshot has no disk');
  return { ref, disk, changeId: disk.backing.changeId };
}

/** Enabled as it has to be: without snapshots, and with a stun after it. */
async function track(vm: ObjectRef): Promise<void> {
  await setChangeTracking(session, vm, { isEnabled: true, ...QUICK });
  await removeSnapshot(session, (await snapshot(vm)).ref, QUICK);
}

async function changedBlocks(
  vm: ObjectRef,
  of: { snapshot: ObjectRef; changeId: string | undefined },
): Promise<number[]> {
  const { changedArea } = await queryChangedAreas(session, {
    vm,
    snapshot: of.snapshot,
    deviceKey: 2000,
    startOffset: 0,
    changeId: of.changeId ?? 'none',
  });
  return changedArea.flatMap(({ start, length }) =>
    Array.from({ length: Math.ceil(length / BLOCK) }, (_, index) => start / BLOCK + index),
  );
}

describe('tracking', () => {
  test('begins at the next stun and tells what was written between two snapshots', async () => {
    const vm = await newVm();
    await setChangeTracking(session, vm, { isEnabled: true, ...QUICK });
    expect((await readVm(session, vm)).changeTracking.isEnabled).toBe(true);
    const stun = await snapshot(vm);
    expect(stun.changeId).toBeUndefined();
    await removeSnapshot(session, stun.ref, QUICK);

    const first = await snapshot(vm);
    expect(first.changeId).toMatch(/^([0-9a-f]{2} ){7}[0-9a-f]{2}-([0-9a-f]{2} ){7}[0-9a-f]{2}\/\d+$/);
    expect((await readVm(session, vm)).disks[0]?.backing.changeId).not.toBe(first.changeId);
    await write(vm.name, 2000, [3, 4, 9]);
    await removeSnapshot(session, first.ref, QUICK);
    await write(vm.name, 2000, [20]);
    const second = await snapshot(vm);
    await write(vm.name, 2000, [30]);

    expect(await changedBlocks(vm, { snapshot: second.ref, changeId: first.changeId })).toEqual([3, 4, 9, 20]);
    expect(await changedBlocks(vm, { snapshot: second.ref, changeId: second.changeId })).toEqual([]);
    expect(await changedBlocks(vm, { snapshot: second.ref, changeId: '*' })).toEqual([1, 3, 4, 9, 20]);
  });

  test('of a VM that is off begins at once', async () => {
    const vm = await newVm({ powerState: 'poweredOff' });
    await setChangeTracking(session, vm, { isEnabled: true, ...QUICK });
    expect((await snapshot(vm)).changeId).toMatch(/\/1$/);
  });

  test('that was off and on again is another one', async () => {
    const vm = await newVm();
    await track(vm);
    const before = await snapshot(vm);
    await removeSnapshot(session, before.ref, QUICK);
    await setChangeTracking(session, vm, { isEnabled: false, ...QUICK });
    await removeSnapshot(session, (await snapshot(vm)).ref, QUICK);
    await track(vm);
    const after = await snapshot(vm);

    expect(after.changeId?.split('/')[0]).not.toBe(before.changeId?.split('/')[0]);
    await expect(changedBlocks(vm, { snapshot: after.ref, changeId: before.changeId })).rejects.toMatchObject({
      code: 'vsphere.file-fault',
    });
  });

  test('that began over a snapshot leaves changes out', async () => {
    const vm = await newVm();
    const foreign = await vcenter.simulator.control.snapshot(vm.name, { name: 'before the update' });
    await track(vm);
    const first = await snapshot(vm);
    await write(vm.name, 2000, [10, 11]);
    const second = await snapshot(vm);

    expect(foreign.disks).toHaveLength(2);
    expect(await changedBlocks(vm, { snapshot: second.ref, changeId: first.changeId })).toEqual([10]);
  });

  test('goes back with the disk when somebody reverts', async () => {
    const vm = await newVm();
    await track(vm);
    const first = await snapshot(vm);
    await write(vm.name, 2000, [12]);
    const second = await snapshot(vm);
    const { control } = vcenter.simulator;
    await control.revert(vm.name, first.ref.id);
    const third = await snapshot(vm);

    expect(third.changeId).toBe(second.changeId);
    expect(await control.hashOf(third.ref.id, 2000)).toBe(await control.hashOf(first.ref.id, 2000));
    expect(await control.hashOf(second.ref.id, 2000)).not.toBe(await control.hashOf(first.ref.id, 2000));
    expect((await readVm(session, vm)).powerState).toBe('poweredOff');
  });

  test.each<[string, { startOffset?: number; deviceKey?: number; changeId?: string; sequence?: number }, string]>([
    ['behind the end of the disk', { startOffset: 4 * MiB }, 'vsphere.invalid-argument'],
    ['of a disk that it does not have', { deviceKey: 2099 }, 'vsphere.invalid-argument'],
    ['since something that is no changeId', { changeId: 'yesterday' }, 'vsphere.invalid-argument'],
    ['since a snapshot that is still to come', { sequence: 99 }, 'vsphere.file-fault'],
  ])('refuses a question %s', async (_, wrong, code) => {
    const vm = await newVm();
    await track(vm);
    const { ref, changeId = '' } = await snapshot(vm);
    const { sequence, ...other } = wrong;
    const asked = sequence === undefined ? changeId : changeId.replace(/\d+$/, String(sequence));
    await expect(
      queryChangedAreas(session, { vm, snapshot: ref, deviceKey: 2000, startOffset: 0, changeId: asked, ...other }),
    ).rejects.toMatchObject({ code });
  });
});

describe('a snapshot', () => {
  test('is frozen where disks are served from, and its hash outlives it', async () => {
    const vm = await newVm();
    const { ref } = await snapshot(vm);
    const image = join(vcenter.simulator.frozenDir, ref.id, '2000.img');
    const hash = createHash('sha256').update(readFileSync(image)).digest('hex');
    await write(vm.name, 2000, [40]);
    await removeSnapshot(session, ref, QUICK);

    expect(() => readFileSync(image)).toThrow('ENOENT');
    expect(await vcenter.simulator.control.hashOf(ref.id, 2000)).toBe(hash);
    expect(
      createHash('sha256')
        .update(readFileSync(vcenter.simulator.control.imageOf(vm.name, 2000)))
        .digest('hex'),
    ).not.toBe(hash);
  });

  test('moves the VM to another file and back, and keeps the uuid of its disks', async () => {
    const vm = await newVm();
    const before = (await readVm(session, vm)).disks[0]?.backing;
    const { ref, disk } = await snapshot(vm);
    const during = (await readVm(session, vm)).disks[0]?.backing;
    await removeSnapshot(session, ref, QUICK);
    const after = (await readVm(session, vm)).disks[0]?.backing;

    expect(disk.backing.fileName).toBe(before?.fileName);
    expect(during?.fileName).toBe(`[datastore1] ${vm.name}/${vm.name}-000001.vmdk`);
    expect(during).toMatchObject({ uuid: before?.uuid, hasParent: true });
    expect(after).toEqual(before);
  });
});

describe('an answer about areas', () => {
  test('holds no more than 2,000 of them and goes on where the last one ended', async () => {
    const capacityBytes = 300 * MiB;
    vcenter.simulator.control.addVm({ name: 'large', disks: [{ capacityBytes }] });
    const vm = await findVm(session, { path: '/Lab/vm/large' });
    await track(vm);
    const first = await snapshot(vm);
    const blocks = Array.from({ length: 2_100 }, (_, index) => index * 2 + 5);
    await vcenter.simulator.control.write(
      'large',
      2000,
      blocks.map((block) => ({ offset: block * BLOCK, bytes: Buffer.from('x') })),
    );
    const { ref } = await snapshot(vm);
    const ask = (startOffset: number) =>
      queryChangedAreas(session, { vm, snapshot: ref, deviceKey: 2000, startOffset, changeId: first.changeId ?? '' });

    vcenter.simulator.control.faults.add({ method: 'QueryChangedDiskAreas', kind: 'areas-empty' });
    const empty = await ask(0);
    expect(empty).toEqual({ startOffset: 0, length: 5 * BLOCK, changedArea: [] });
    const page = await ask(empty.length);
    expect(page.changedArea).toHaveLength(2_000);
    const rest = await ask(page.startOffset + page.length);

    expect(rest.startOffset + rest.length).toBe(capacityBytes);
    expect([...page.changedArea, ...rest.changedArea].map(({ start }) => start / BLOCK)).toEqual(blocks);
  });
});
