import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { VcenterAccess } from '../../../src/vma/contract.ts';
import { Janitor } from '../../../src/vma/snapshots/janitor.ts';
import { Vcenters } from '../../../src/vma/vcenter/vcenters.ts';
import { snapshotDescription, snapshotName } from '../../../src/vma/vsphere/snapshot-tag.ts';
import { readInventory } from '../../../src/vsphere/inventory/inventory.ts';
import type { VirtualMachine } from '../../../src/vsphere/inventory/virtual-machine.ts';
import { VsphereSession } from '../../../src/vsphere/session.ts';
import { createSnapshot, listSnapshots } from '../../../src/vsphere/snapshots.ts';
import { OddVcenter } from '../../support/odd-vcenter.ts';
import { ScriptedVcenter, TASK_DONE, TASK_FAILED, TASK_RUNNING, type Look } from '../../support/scripted-vcenter.ts';
import { until } from '../../support/until.ts';
import { BUILD_TIMEOUT_MS, Vcsim } from '../../support/vcsim.ts';

const PASSWORD = 'password';
const HERE = { installationId: 'here', jobId: 'job-1', epoch: 2 };
const WITHIN = { withinMs: 30_000 };

let vcsim: Vcsim;
let session: VsphereSession;
let machine: VirtualMachine;
let access: VcenterAccess;
beforeAll(async () => {
  vcsim = await Vcsim.start({ password: PASSWORD });
  session = await VsphereSession.open(vcsim.settings());
  const { virtualMachines } = await readInventory(session);
  const empty = virtualMachines.find((vm) => vm.snapshots.length === 0);
  if (empty === undefined) throw new Error('the simulator has no VM without snapshots');
  machine = empty;
  const { username, address } = vcsim.settings();
  access = { vcenter: address, username, password: PASSWORD, thumbprint: vcsim.thumbprint };
}, BUILD_TIMEOUT_MS);
afterAll(async () => {
  await session.close();
  await vcsim[Symbol.asyncDispose]();
});

let vcenters: Vcenters;
let janitor: Janitor;
/** Jobs that have a session at this VMA. */
let held: Set<string>;
/** What sessions that have ended still remove. */
let endings: { snapshot: string; released_at: string; last_error: string | null }[];
const newJanitor = (): Janitor =>
  new Janitor({
    vcenters,
    sessions: { byJob: (id) => (held.has(id) ? { job_id: id } : undefined), removals: () => endings },
    pollMs: 5,
  });
beforeEach(() => {
  vcenters = new Vcenters();
  held = new Set();
  endings = [];
  janitor = newJanitor();
});
afterEach(async () => {
  await janitor.close();
  await vcenters.close();
});

async function make(name: string, description: string): Promise<string> {
  const { ref } = await createSnapshot(session, machine.ref, { name, description, quiesce: false, pollMs: 5 });
  return ref.id;
}
const makeOwn = (tag = HERE): Promise<string> => make(snapshotName(tag), snapshotDescription(tag));
const find = () => janitor.find({ ...access, installation_id: 'here' });
const remove = (snapshot_ref: string, tag = 'migratekit/here/job-1/2') =>
  janitor.remove({ ...access, vm_ref: machine.ref.id, snapshot_ref, tag });
const refs = async (): Promise<string[]> => (await listSnapshots(session, machine.ref)).map(({ ref }) => ref.id);

describe('leftovers at a foreign vcenter', () => {
  test('are found by name and description together, and only those of this installation', async () => {
    const ours = await makeOwn();
    const strangers = [
      await makeOwn({ ...HERE, installationId: 'elsewhere' }),
      await make('migratekit-job-1-2', 'by a person who likes our name'),
      await make('of a person', snapshotDescription(HERE)),
      await make('migratekit-job-1-3', snapshotDescription(HERE)),
      await make('before the update', ''),
    ];
    held.add('job-1');
    const found = await find();

    expect(found.snapshots).toEqual([
      {
        vm: machine.name,
        vm_ref: machine.ref.id,
        instance_uuid: machine.instanceUuid,
        snapshot_ref: ours,
        name: 'migratekit-job-1-2',
        tag: 'migratekit/here/job-1/2',
        job_id: 'job-1',
        epoch: 2,
        created_at: expect.stringMatching(/^\d{4}-/),
        is_held: true,
        removal: null,
        datastore_refs: [expect.any(String)],
      },
    ]);
    // Two more are the simulator's own.
    expect(found.others).toEqual({ count: strangers.length + 2, oldest_created_at: expect.any(String) });
    expect(found.datastores).toMatchObject([{ ref: found.snapshots[0]?.datastore_refs[0], name: 'LocalDS_0' }]);
    expect(found.vcenter_uuid).toBe(session.content.about.instanceUuid);

    for (const ref of strangers) {
      await expect(remove(ref)).rejects.toMatchObject({ code: 'snapshot.not-ours', kind: 'conflict' });
    }
    expect(await refs()).toEqual([ours, ...strangers]);
  });

  test('that an ended session removes by itself are told as that', async () => {
    const ending = { snapshot: 'migratekit/here/job-1/2', released_at: '2026-11-22T10:00:00.000Z' };
    endings = [{ ...ending, last_error: null }];
    expect((await find()).snapshots).toMatchObject([
      { removal: { state: 'removing', started_at: ending.released_at, error: null } },
    ]);
    endings = [{ ...ending, last_error: 'no' }];

    expect((await find()).snapshots).toMatchObject([{ removal: { state: 'failed', error: { text: 'no' } } }]);
  });

  test('of which a session is open stay; without one they go, and nothing else', async () => {
    const [ours, ...strangers] = await refs();
    held.add('job-1');
    await expect(remove(ours ?? '')).rejects.toMatchObject({ code: 'snapshot.in-use', kind: 'conflict' });
    held.clear();

    await expect(remove(ours ?? '')).resolves.toEqual({ snapshot_ref: ours, state: 'removing' });
    await until(async () => !(await refs()).includes(ours ?? ''), { ...WITHIN, what: 'the removal' });
    expect(await refs()).toEqual(strangers);
    await expect(remove(ours ?? '')).resolves.toEqual({ snapshot_ref: ours, state: 'gone' });
    expect((await find()).snapshots).toEqual([]);
  });

  test('cannot be looked for with a wrong password', async () => {
    const wrong = { ...access, password: 'wrong', installation_id: 'here' };

    await expect(janitor.find(wrong)).rejects.toMatchObject({ code: 'vsphere.invalid-login' });
  });
});

describe('a removal that takes long', () => {
  const REF = { type: 'VirtualMachineSnapshot', id: 'snapshot-7' };
  const SNAPSHOTS = [{ ref: REF, name: snapshotName(HERE), description: snapshotDescription(HERE) }];
  const own = { snapshot_ref: 'snapshot-7', vm_ref: 'vm-1', tag: 'migratekit/here/job-1/2' };

  async function withOdd(tasks: readonly (readonly Look[])[], work: (odd: Odd) => Promise<void>): Promise<void> {
    await using vcenter = await OddVcenter.start();
    const script = new ScriptedVcenter({
      snapshots: SNAPSHOTS,
      tasks,
      properties: { 'runtime.consolidationNeeded': 'true' },
      answers: { CreateContainerView: '<returnval type="ContainerView">v</returnval>' },
    });
    vcenter.oddity = script.oddity;
    const { address, username } = vcenter.settings();
    const at = { vcenter: address, username, password: 'a-password', thumbprint: vcenter.thumbprint };
    await work({ script, at });
  }
  interface Odd {
    readonly script: ScriptedVcenter;
    readonly at: VcenterAccess;
  }

  test('blocks nobody: the request is answered, and others tell how far it is', async () => {
    await withOdd([[TASK_RUNNING(42)]], async ({ script, at }) => {
      await expect(janitor.remove({ ...at, ...own })).resolves.toMatchObject({ state: 'removing' });
      const look = async () => (await janitor.find({ ...at, installation_id: 'here' })).snapshots[0]?.removal;
      await until(async () => (await look())?.progress_percent === 42, { ...WITHIN, what: 'its progress' });

      await expect(look()).resolves.toMatchObject({ state: 'removing', error: null });
      await expect(janitor.remove({ ...at, ...own })).resolves.toMatchObject({ state: 'removing' });
      expect(script.started).toEqual(['RemoveSnapshot_Task']);
      await janitor.close();
      expect(script.count('CancelTask')).toBe(0);
    });
  });

  test('and fails is told as that, and can be asked for again', async () => {
    await withOdd([[TASK_FAILED('TaskInProgress')], [TASK_DONE()], [TASK_DONE()]], async ({ script, at }) => {
      await janitor.remove({ ...at, ...own });
      const look = async () => (await janitor.find({ ...at, installation_id: 'here' })).snapshots[0]?.removal;
      await until(async () => (await look())?.state === 'failed', { ...WITHIN, what: 'the failure' });
      await expect(look()).resolves.toMatchObject({ error: { code: 'vsphere.task-in-progress' } });
      await janitor.remove({ ...at, ...own });

      await until(async () => (await look()) === null, { ...WITHIN, what: 'the second removal' });
      expect(script.started.slice(0, 2)).toEqual(['RemoveSnapshot_Task', 'RemoveSnapshot_Task']);
    });
  });

  test('of a VMA that dies goes on at vcenter, and the next one looks at it anew', async () => {
    await withOdd([[TASK_RUNNING(10)], [TASK_FAILED('TaskInProgress')]], async ({ script, at }) => {
      await janitor.remove({ ...at, ...own });
      await until(() => script.count('RetrievePropertiesEx') > 2, { ...WITHIN, what: 'looks at the task' });
      const next = newJanitor();
      const look = async () => (await next.find({ ...at, installation_id: 'here' })).snapshots[0];

      await expect(look()).resolves.toMatchObject({ snapshot_ref: 'snapshot-7', removal: null });
      await next.remove({ ...at, ...own });
      await until(async () => (await look())?.removal?.state === 'failed', { ...WITHIN, what: 'the refusal' });
      await next.close();
    });
  });

  test('is followed by the consolidation that it left necessary', async () => {
    await withOdd([[TASK_DONE()], [TASK_FAILED('TaskInProgress')], [TASK_DONE()]], async ({ script, at }) => {
      await janitor.remove({ ...at, ...own });
      const look = async () => (await janitor.find({ ...at, installation_id: 'here' })).snapshots[0]?.removal;
      await until(async () => (await look()) === null, { ...WITHIN, what: 'the end' });

      expect(script.started).toEqual(['RemoveSnapshot_Task', 'ConsolidateVMDisks_Task', 'ConsolidateVMDisks_Task']);
    });
  });
});
