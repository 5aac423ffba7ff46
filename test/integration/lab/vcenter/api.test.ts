import { request } from 'node:https';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MiB } from '../../../../src/base/units.ts';
import { Secret } from '../../../../src/config/secrets.ts';
import { readDatastores } from '../../../../src/vsphere/datastores.ts';
import { readInventory } from '../../../../src/vsphere/inventory/inventory.ts';
import { powerOff, powerOn, shutDownGuest } from '../../../../src/vsphere/power.ts';
import { hasReverted } from '../../../../src/vsphere/reverts.ts';
import { consolidateDisks, createSnapshot, listSnapshots, removeSnapshot } from '../../../../src/vsphere/snapshots.ts';
import type { VsphereSession } from '../../../../src/vsphere/session.ts';
import type { ObjectRef } from '../../../../src/vsphere/soap/reference.ts';
import { findVm, readVm } from '../../../../src/vsphere/virtual-machine.ts';
import { until } from '../../../support/until.ts';
import { TestVcenter } from '../../../support/vcenter.ts';

/** What else our simulator has of a vCenter, seen by our client. */

const QUICK = { pollMs: 5 };
const GENERATED = 300;

let vcenter: TestVcenter;
let session: VsphereSession;
let web: ObjectRef;

beforeAll(async () => {
  vcenter = await TestVcenter.start({
    taskDelayMs: 2,
    generate: { count: GENERATED },
    vms: [{ name: 'web01', folder: 'web', disks: [{ capacityBytes: 2 * MiB }] }],
  });
  session = await vcenter.session();
  web = await findVm(session, { path: '/Lab/vm/web/web01' });
});
afterAll(() => vcenter[Symbol.asyncDispose]());
beforeEach(() => vcenter.simulator.control.faults.clear());

const take = async (name = 's'): Promise<ObjectRef> =>
  (await createSnapshot(session, web, { name, description: '', quiesce: false, ...QUICK })).ref;

describe('inventory', () => {
  test('has every VM once, page by page, with its place and its network', async () => {
    const { virtualMachines } = await readInventory(session, { maxObjects: 7 });

    expect(new Set(virtualMachines.map((vm) => vm.instanceUuid)).size).toBe(GENERATED + 1);
    expect(virtualMachines.find((vm) => vm.ref.id === web.id)).toMatchObject({
      name: 'web01',
      location: { path: '/Lab/vm/web/web01', datacenter: 'Lab' },
      firmware: 'bios',
      powerState: 'poweredOn',
      changeTracking: { isSupported: true, isEnabled: false },
      disks: [{ key: 2000, address: 'scsi0:0', capacityBytes: 2 * MiB, backing: { provisioning: 'thin' } }],
      networkAdapters: [{ networkKind: 'standard', networkName: 'VM Network' }],
      unreadable: [],
    });
    const kinds = virtualMachines.map((vm) => vm.networkAdapters[0]?.networkName);
    expect(new Set(kinds)).toEqual(new Set(['VM Network', 'production']));
  });

  test('tells clones with one BIOS uuid apart', async () => {
    const { control } = vcenter.simulator;
    const copy = control.clone('web01', 'web02');
    const original = await readVm(session, web);
    const clone = await readVm(session, await findVm(session, { instanceUuid: copy.instanceUuid }));
    control.removeVm('web02');

    expect(clone.biosUuid).toBe(original.biosUuid);
    expect(clone.instanceUuid).not.toBe(original.instanceUuid);
    await expect(findVm(session, { instanceUuid: copy.instanceUuid })).rejects.toMatchObject({
      code: 'vsphere.vm-unknown',
    });
  });

  test('knows how much space a datastore has', async () => {
    vcenter.simulator.control.setFreeBytes('datastore1', 5 * MiB);
    const { disks } = await readVm(session, web);
    const refs = disks.flatMap(({ backing }) => backing.datastore ?? []);

    expect(await readDatastores(session, refs)).toMatchObject([{ name: 'datastore1', freeBytes: 5 * MiB }]);
  });
});

describe('a session', () => {
  test('is refused for a wrong password, and ends when it is ended', async () => {
    await expect(vcenter.session({ password: new Secret('wrong') })).rejects.toMatchObject({
      code: 'vsphere.invalid-login',
    });
    const { control } = vcenter.simulator;
    control.expireSessions();
    expect(control.sessionCount()).toBe(0);

    expect((await readVm(session, web)).name).toBe('web01');
    expect(control.sessionCount()).toBe(1);
  });

  test('ends when nobody uses it', async () => {
    await using other = await TestVcenter.start({ sessionIdleMs: 1 });
    const idle = await other.session();
    other.simulator.control.faults.add({ method: 'Login', kind: 'fault', fault: 'InvalidLogin' });

    await expect(readInventory(idle)).rejects.toMatchObject({ code: 'vsphere.invalid-login' });
  });
});

describe('power', () => {
  test('goes off and on, and off by the guest unless it does not listen', async () => {
    await powerOff(session, web, QUICK);
    expect((await readVm(session, web)).powerState).toBe('poweredOff');
    await powerOn(session, web, QUICK);
    vcenter.simulator.control.faults.add({ method: 'ShutdownGuest', kind: 'guest-ignores' });
    expect(await shutDownGuest(session, web, { timeoutMs: 50, pollMs: 5 })).toBe('timed-out');
    expect(await shutDownGuest(session, web, { timeoutMs: 30_000, pollMs: 5 })).toBe('powered-off');
    await powerOn(session, web, QUICK);
  });
});

describe('snapshots of others', () => {
  test('are seen, and a revert to one is an event', async () => {
    const { control } = vcenter.simulator;
    const since = new Date();
    const { id } = await control.snapshot('web01', { name: 'theirs' });
    expect(await hasReverted(session, web, { since })).toBe(false);
    expect(await listSnapshots(session, web)).toMatchObject([{ name: 'theirs', isCurrent: true }]);
    await control.revert('web01', id);
    expect(await hasReverted(session, web, { since })).toBe(true);
    await control.removeSnapshot('web01', id);
    await powerOn(session, web, QUICK);
  });
});

describe('on demand', () => {
  test('a task fails, before its effect or after it', async () => {
    const { faults } = vcenter.simulator.control;
    const fault = { method: 'CreateSnapshot_Task', fault: 'NoPermission' } as const;
    faults.add({ ...fault, kind: 'task-fault' });
    await expect(take()).rejects.toMatchObject({ code: 'vsphere.no-permission' });
    expect(await listSnapshots(session, web)).toEqual([]);
    faults.add({ ...fault, kind: 'task-fault-after-effect' });
    await expect(take('half')).rejects.toMatchObject({ code: 'vsphere.no-permission' });
    const [half] = await listSnapshots(session, web);

    expect(half?.name).toBe('half');
    await removeSnapshot(session, half?.ref ?? web, QUICK);
  });

  test('an answer is lost, and the task runs all the same', async () => {
    vcenter.simulator.control.faults.add({ method: 'CreateSnapshot_Task', kind: 'drop-after' });
    await expect(take()).rejects.toMatchObject({ code: 'vsphere.unreachable' });
    const seen = (): Promise<unknown[]> => listSnapshots(session, web);
    await until(async () => (await seen()).length === 1, { withinMs: 30_000, what: 'the snapshot' });

    for (const { ref } of await listSnapshots(session, web)) await removeSnapshot(session, ref, QUICK);
  });

  test('a removal leaves files to consolidate', async () => {
    const ref = await take();
    vcenter.simulator.control.faults.add({ method: 'RemoveSnapshot_Task', kind: 'task-consolidation-needed' });
    await removeSnapshot(session, ref, QUICK);
    const left = await readVm(session, web);
    await consolidateDisks(session, web, QUICK);
    const done = await readVm(session, web);

    expect(left).toMatchObject({ isConsolidationNeeded: true, snapshots: [] });
    expect(left.disks[0]?.backing.fileName).toMatch(/-\d{6}\.vmdk$/);
    expect(done).toMatchObject({ isConsolidationNeeded: false });
    expect(done.disks[0]?.backing.fileName).toMatch(/web01\.vmdk$/);
  });

  test('a task never ends, and another one on the VM has to wait', async () => {
    const { control } = vcenter.simulator;
    control.faults.add({ method: 'CreateSnapshot_Task', kind: 'task-stuck' });
    const patience = new AbortController();
    const stuck = createSnapshot(session, web, {
      name: 'never',
      description: '',
      quiesce: false,
      signal: patience.signal,
      ...QUICK,
    });
    const refused = expect(stuck).rejects.toThrow('enough');
    await expect(
      (async () => {
        for (;;) await powerOff(session, web, QUICK);
      })(),
    ).rejects.toMatchObject({ code: 'vsphere.task-in-progress' });
    // The guest does not wait.
    await control.write('web01', 2000, [{ offset: 0, bytes: Buffer.from('meanwhile') }]);
    patience.abort(new Error('enough'));
    await refused;
    // It is over when another one gets its turn.
    await control.removeSnapshot('web01', (await control.snapshot('web01', { name: 'next' })).id);
    expect(await listSnapshots(session, web)).toEqual([]);
  });
});

describe('over HTTPS', () => {
  /** @returns status and body */
  async function control(what: string, body: object, token: string): Promise<[number | undefined, unknown]> {
    const sending = request(`${vcenter.simulator.controlUrl}/${what}`, {
      method: 'POST',
      ca: vcenter.simulator.ca,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
    sending.end(JSON.stringify(body));
    const [response] = (await once(sending, 'response')) as [IncomingMessage];
    const text = (await response.toArray()).join('');
    return [response.statusCode, JSON.parse(text)];
  }

  test('the control interface obeys whoever knows its token', async () => {
    const token = vcenter.simulator.controlToken.reveal();
    const bytes = { vm: 'web01', key: 2000, offset: 512, bytes_base64: Buffer.from('abc').toString('base64') };
    expect(await control('write', bytes, token)).toEqual([200, {}]);
    const [status, taken] = await control('snapshot', { vm: 'web01', name: 'x' }, token);
    const { snapshot } = taken as { snapshot: string };
    expect(status).toBe(200);
    expect(await control('hash', { snapshot, key: 2000 }, token)).toEqual([
      200,
      { sha256: await vcenter.simulator.control.hashOf(snapshot, 2000) },
    ]);
    expect(await control('remove-snapshot', { vm: 'web01', snapshot }, token)).toEqual([200, {}]);
    expect((await control('expire-sessions', {}, 'guess'))[0]).toBe(401);
    expect((await control('faults', { method: 'Login', kind: 'explode' }, token))[0]).toBe(400);
  });
});

describe('a new start on the same folder', () => {
  test('has the VMs, snapshots and tracking of before, and no session', async () => {
    await using other = await TestVcenter.start({ generate: { count: 3 }, vms: [{ name: 'kept' }], taskDelayMs: 1 });
    const before = other.simulator.control.vms().map(({ id, instanceUuid }) => [id, instanceUuid]);
    const { thumbprint } = other.simulator;
    const { id } = await other.simulator.control.snapshot('kept', { name: 'theirs' });
    const hash = await other.simulator.control.hashOf(id, 2000);
    const old = await other.session();
    await other.restart();

    const { control } = other.simulator;
    expect(control.vms().map((vm) => [vm.id, vm.instanceUuid])).toEqual(before);
    expect(control.vm('kept').snapshots).toMatchObject([{ id, name: 'theirs' }]);
    expect(await control.hashOf(id, 2000)).toBe(hash);
    expect(other.simulator.thumbprint).toBe(thumbprint);
    expect(control.sessionCount()).toBe(0);
    await expect(readInventory(old)).rejects.toMatchObject({ code: 'vsphere.unreachable' });
  });
});
