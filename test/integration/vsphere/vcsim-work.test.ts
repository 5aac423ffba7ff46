import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setChangeTracking } from '../../../src/vsphere/change-tracking.ts';
import { readDatastores } from '../../../src/vsphere/datastores.ts';
import { readInventory } from '../../../src/vsphere/inventory/inventory.ts';
import type { VirtualMachine } from '../../../src/vsphere/inventory/virtual-machine.ts';
import { powerOff, powerOn, readPower, shutDownGuest } from '../../../src/vsphere/power.ts';
import { hasReverted } from '../../../src/vsphere/reverts.ts';
import { VsphereSession } from '../../../src/vsphere/session.ts';
import {
  consolidateDisks,
  createSnapshot,
  listSnapshots,
  readSnapshotDisks,
  removeSnapshot,
} from '../../../src/vsphere/snapshots.ts';
import { findVm, readVm } from '../../../src/vsphere/virtual-machine.ts';
import { BUILD_TIMEOUT_MS, Vcsim } from '../../support/vcsim.ts';

let vcsim: Vcsim;
let session: VsphereSession;
let machines: readonly VirtualMachine[];
beforeAll(async () => {
  vcsim = await Vcsim.start({ password: 'password' });
  session = await VsphereSession.open(vcsim.settings());
  machines = (await readInventory(session)).virtualMachines;
}, BUILD_TIMEOUT_MS);
afterAll(async () => {
  await session.close();
  await vcsim[Symbol.asyncDispose]();
});

function machine(index: number): VirtualMachine {
  const vm = machines[index];
  if (vm === undefined) throw new Error('the simulator has too few VMs');
  return vm;
}

const SPEC = { name: 'migratekit-job-1', description: 'migratekit/here/job/1', quiesce: true, pollMs: 10 };

describe('a VM of a foreign vcenter', () => {
  test('is found by its instance uuid, and by its path whatever its name holds', async () => {
    for (const vm of machines) {
      await expect(findVm(session, { instanceUuid: vm.instanceUuid ?? '' })).resolves.toEqual(vm.ref);
      await expect(findVm(session, { path: vm.location?.path ?? '' })).resolves.toEqual(vm.ref);
    }
    expect(machines.map((vm) => vm.location?.path)).toContain('/DC0/vm/a%2fb & <c>');
  });

  test.each([
    ['uuid', { instanceUuid: '11111111-2222-3333-4444-555555555555' }],
    ['path', { path: '/DC0/vm/nobody' }],
    ['path of something else', { path: '/DC0/vm' }],
  ])('that nobody knows by that %s is not found', async (_what, name) => {
    await expect(findVm(session, name)).rejects.toMatchObject({ code: 'vsphere.vm-unknown', kind: 'not-found' });
  });

  test('is read alone just as it is read among all', async () => {
    for (const vm of machines) expect(await readVm(session, vm.ref)).toEqual(vm);
  });

  test('that was removed is not found', async () => {
    const gone = { type: 'VirtualMachine', id: 'vm-99999' };

    await expect(readVm(session, gone)).rejects.toMatchObject({ code: 'vsphere.not-found' });
  });

  test('can be powered off and on, also where it is already', async () => {
    const { ref } = machine(1);
    await powerOff(session, ref, { pollMs: 10 });
    await powerOff(session, ref, { pollMs: 10 });
    await expect(readPower(session, ref)).resolves.toMatchObject({ powerState: 'poweredOff' });
    await powerOn(session, ref, { pollMs: 10 });
    await powerOn(session, ref, { pollMs: 10 });

    await expect(readPower(session, ref)).resolves.toMatchObject({
      powerState: 'poweredOn',
      toolsStatus: 'guestToolsNotRunning',
    });
  });

  test('is shut down by its guest, also where it is off already', async () => {
    const { ref } = machine(1);

    await expect(shutDownGuest(session, ref, { timeoutMs: 20_000, pollMs: 10 })).resolves.toBe('powered-off');
    await expect(shutDownGuest(session, ref, { timeoutMs: 20_000, pollMs: 10 })).resolves.toBe('powered-off');
    await powerOn(session, ref, { pollMs: 10 });
  });

  test('is tracked, and no longer', async () => {
    const { ref } = machine(2);
    await setChangeTracking(session, ref, { isEnabled: true, pollMs: 10 });
    expect((await readVm(session, ref)).changeTracking.isEnabled).toBe(true);
    await setChangeTracking(session, ref, { isEnabled: false, pollMs: 10 });

    expect((await readVm(session, ref)).changeTracking.isEnabled).toBe(false);
  });

  test('was not reverted, as far as its events go', async () => {
    await expect(hasReverted(session, machine(2).ref, { since: new Date(0) })).resolves.toBe(false);
  });

  test('has a datastore, told once however often it is asked for', async () => {
    const datastore = machine(2).disks[0]?.backing.datastore;
    const refs = datastore === undefined ? [] : [datastore, datastore];

    await expect(readDatastores(session, refs)).resolves.toEqual([
      {
        ref: datastore,
        name: 'LocalDS_0',
        capacityBytes: expect.any(Number),
        freeBytes: expect.any(Number),
        isAccessible: true,
      },
    ]);
    await expect(readDatastores(session, [])).resolves.toEqual([]);
  });
});

describe('a snapshot at a foreign vcenter', () => {
  test('is made, read, and removed, and only that one', async () => {
    const { ref } = machine(3);
    const others = await createSnapshot(session, ref, { ...SPEC, name: 'of somebody' });
    const ours = await createSnapshot(session, ref, SPEC);
    const top = await createSnapshot(session, ref, { ...SPEC, name: 'of somebody, later' });
    const found = await listSnapshots(session, ref);

    // Its tools do not run, so nobody brings the guest to rest.
    expect(ours.isQuiesced).toBe(false);
    expect(found).toMatchObject([
      { ref: others.ref, name: 'of somebody' },
      { ref: ours.ref, name: SPEC.name, description: SPEC.description, parent: others.ref },
      { ref: top.ref, parent: ours.ref, isCurrent: true },
    ]);
    const disks = await readSnapshotDisks(session, ours.ref);
    expect(disks.map((disk) => disk.key)).toEqual(machine(3).disks.map((disk) => disk.key));

    await removeSnapshot(session, ours.ref, { pollMs: 10 });
    expect((await listSnapshots(session, ref)).map((each) => each.ref)).toEqual([others.ref, top.ref]);
  });

  test('that is gone cannot be read, and is fine to remove', async () => {
    const { ref } = await createSnapshot(session, machine(2).ref, SPEC);
    await removeSnapshot(session, ref, { pollMs: 10 });
    await removeSnapshot(session, ref, { pollMs: 10 });

    await expect(readSnapshotDisks(session, ref)).rejects.toMatchObject({ code: 'vsphere.not-found' });
    await expect(listSnapshots(session, machine(2).ref)).resolves.toEqual([]);
  });

  test('of a VM that is off is one of a guest at rest', async () => {
    const { ref: vm } = machine(1);
    await powerOff(session, vm, { pollMs: 10 });
    const { ref, isQuiesced } = await createSnapshot(session, vm, SPEC);
    await removeSnapshot(session, ref, { pollMs: 10 });
    await powerOn(session, vm, { pollMs: 10 });

    expect(isQuiesced).toBe(true);
  });

  test('leaves disks that can be consolidated, or a vcenter that says why not', async () => {
    const consolidation = consolidateDisks(session, machine(2).ref, { pollMs: 10 }).catch((thrown: unknown) => thrown);

    // This version of the simulator does not have the method.
    expect(await consolidation).toMatchObject({ code: 'vsphere.not-supported' });
  });
});
