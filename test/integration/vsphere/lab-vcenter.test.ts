import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { MiB } from '../../../src/base/units.ts';
import { readInventory } from '../../../src/vsphere/inventory/inventory.ts';
import { powerOn, shutDownGuest } from '../../../src/vsphere/power.ts';
import { hasReverted } from '../../../src/vsphere/reverts.ts';
import { readSnapshotOverview } from '../../../src/vsphere/snapshot-overview.ts';
import type { VsphereSession } from '../../../src/vsphere/session.ts';
import { consolidateDisks, createSnapshot, listSnapshots, removeSnapshot } from '../../../src/vsphere/snapshots.ts';
import { findVm, readVm } from '../../../src/vsphere/virtual-machine.ts';
import type { ObjectRef } from '../../../src/vsphere/soap/reference.ts';
import { until } from '../../support/until.ts';
import { TestVcenter } from '../../support/vcenter.ts';

// What govmomi's simulator does not have: quiescing, lost answers, consolidation, events of reverts.

let vcenter: TestVcenter;
let session: VsphereSession;
let vm: ObjectRef;
beforeAll(async () => {
  const disks = [{ capacityBytes: MiB }];
  vcenter = await TestVcenter.start({
    vms: [
      { name: 'web01', folder: 'web/front', disks },
      { name: 'a%2fb', disks, changes: { firmware: 'efi', isSecureBoot: true } },
    ],
  });
  session = await vcenter.session();
  const { virtualMachines } = await readInventory(session);
  const web = virtualMachines.find(({ name }) => name === 'web01');
  if (web === undefined) throw new Error('the simulator has no VM web01');
  vm = web.ref;
}, 60_000);
afterEach(async () => {
  vcenter.simulator.control.faults.clear();
  for (const { ref } of await listSnapshots(session, vm)) await removeSnapshot(session, ref, { pollMs: 5 });
});
afterAll(() => vcenter[Symbol.asyncDispose]());

const WITHIN = { withinMs: 30_000 };
const SPEC = { name: 'migratekit-job-1', description: 'migratekit/here/job/1', quiesce: true, pollMs: 5 };
const faults = () => vcenter.simulator.control.faults;
const names = async (): Promise<string[]> => (await listSnapshots(session, vm)).map(({ name }) => name);

test('each VM is read alone just as it is read among all, and found by its path', async () => {
  const { virtualMachines } = await readInventory(session);
  for (const each of virtualMachines) {
    expect(await readVm(session, each.ref)).toEqual(each);
    expect(await findVm(session, { path: each.location?.path ?? '' })).toEqual(each.ref);
  }
  expect(virtualMachines).toHaveLength(2);
});

test('that starts with secure boot says so', async () => {
  const { virtualMachines } = await readInventory(session);
  expect(virtualMachines.map(({ name, isSecureBoot }) => [name, isSecureBoot]).sort()).toEqual([
    ['a/b', true],
    ['web01', false],
  ]);
});

describe('a snapshot', () => {
  test('is of a guest at rest where that works', async () => {
    expect(await createSnapshot(session, vm, SPEC)).toMatchObject({ isQuiesced: true });
    expect(await names()).toEqual([SPEC.name]);
  });

  test('of a guest that cannot be brought to rest is made once more without, and there is one', async () => {
    faults().add({ method: 'CreateSnapshot_Task', kind: 'task-quiesce-fails' });
    const { ref, isQuiesced } = await createSnapshot(session, vm, SPEC);

    expect(isQuiesced).toBe(false);
    expect((await listSnapshots(session, vm)).map((snapshot) => snapshot.ref)).toEqual([ref]);
  });

  test('whose answer was lost can be found by its name, so that nobody makes a second one', async () => {
    faults().add({ method: 'CreateSnapshot_Task', kind: 'drop-after' });

    await expect(createSnapshot(session, vm, SPEC)).rejects.toMatchObject({ code: 'vsphere.unreachable' });
    await until(async () => (await names()).length > 0, { ...WITHIN, what: 'the end of the task' });
    expect(await names()).toEqual([SPEC.name]);
  });

  test('is removed whatever was taken on top of it; a removal whose answer was lost can be asked for again', async () => {
    const { ref } = await createSnapshot(session, vm, SPEC);
    await vcenter.simulator.control.snapshot('web01', { name: 'of somebody' });
    faults().add({ method: 'RemoveSnapshot_Task', kind: 'drop-after' });
    await expect(removeSnapshot(session, ref, { pollMs: 5 })).rejects.toMatchObject({ code: 'vsphere.unreachable' });
    // While the first one is under way, vCenter refuses another one.
    const again = (): Promise<boolean> =>
      removeSnapshot(session, ref, { pollMs: 5 }).then(
        () => true,
        () => false,
      );
    await until(again, { ...WITHIN, what: 'a removal that is not refused' });

    expect(await names()).toEqual(['of somebody']);
  });

  test('may leave something to write back', async () => {
    const { ref } = await createSnapshot(session, vm, SPEC);
    faults().add({ method: 'RemoveSnapshot_Task', kind: 'task-consolidation-needed' });
    await removeSnapshot(session, ref, { pollMs: 5 });
    expect((await readVm(session, vm)).isConsolidationNeeded).toBe(true);
    const overview = await readSnapshotOverview(session);
    expect(overview.virtualMachines.find((each) => each.vm.id === vm.id)?.isConsolidationNeeded).toBe(true);
    await consolidateDisks(session, vm, { pollMs: 5 });

    expect((await readVm(session, vm)).isConsolidationNeeded).toBe(false);
  });
});

test('a revert is seen in the events, of this VM, since then', async () => {
  const { virtualMachines } = await readInventory(session);
  const other = virtualMachines.find(({ ref }) => ref.id !== vm.id);
  if (other === undefined) throw new Error('the simulator has one VM only');
  const { ref: snapshot } = await createSnapshot(session, vm, SPEC);
  const before = new Date(Date.now() - 60_000);
  expect(await hasReverted(session, vm, { since: before })).toBe(false);
  await vcenter.simulator.control.revert('web01', snapshot.id);

  expect(await hasReverted(session, vm, { since: before })).toBe(true);
  expect(await hasReverted(session, vm, { since: new Date(Date.now() + 60_000) })).toBe(false);
  expect(await hasReverted(session, other.ref, { since: before })).toBe(false);
});

test('a guest that ignores its shutdown is not waited for for ever', async () => {
  await powerOn(session, vm, { pollMs: 5 });
  faults().add({ method: 'ShutdownGuest', kind: 'guest-ignores' });

  expect(await shutDownGuest(session, vm, { timeoutMs: 100, pollMs: 10 })).toBe('timed-out');
});
