import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MiB } from '../../../src/base/units.ts';
import { Secret } from '../../../src/config/secrets.ts';
import { freePort } from '../../../src/lab/embedded/free-port.ts';
import { createVmaClient, type VmaClient } from '../../../src/vma/client.ts';
import type { VcenterAccess } from '../../../src/vma/contract.ts';
import type { OwnSnapshot } from '../../../src/vma/snapshots-contract.ts';
import { snapshotDescription, snapshotName } from '../../../src/vma/vsphere/snapshot-tag.ts';
import { until } from '../../support/until.ts';
import { TestVcenter } from '../../support/vcenter.ts';

// Leftovers at our simulated vCenter, through a VMA in a process of its own.

const TOKEN = 'token-of-the-vma-of-the-tests';
const TAG = { installationId: 'here', jobId: 'job-1', epoch: 1 };
const WITHIN = { withinMs: 60_000 };

const stack = new AsyncDisposableStack();
let vcenter: TestVcenter;
let access: VcenterAccess;
let home: string;
beforeAll(async () => {
  const disks = [{ capacityBytes: MiB }];
  vcenter = stack.use(await TestVcenter.start({ vms: ['web01', 'web02'].map((name) => ({ name, disks })) }));
  const { url, username, password, thumbprint } = vcenter.simulator;
  access = { vcenter: url, username, password: password.reveal(), thumbprint };
  home = await mkdtemp(join(tmpdir(), 'mkleft-'));
  stack.defer(() => rm(home, { recursive: true, force: true }));
}, 60_000);
afterAll(() => stack.disposeAsync());

interface VmaProcess extends AsyncDisposable {
  readonly client: VmaClient;
  kill9(): Promise<void>;
}

async function startVmaProcess(): Promise<VmaProcess> {
  const port = await freePort();
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, 'src/bin/vma.ts'], {
    stdio: ['ignore', 'ignore', process.env['TEST_LOG'] === undefined ? 'ignore' : 'inherit'],
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      MIGRATEKIT_STATE_DIR: home,
      MIGRATEKIT_RUN_DIR: join(home, 'run'),
      MIGRATEKIT_VMA_TOKEN: TOKEN,
      MIGRATEKIT_VMA_PORT: String(port),
    },
  });
  const exited = once(child, 'exit');
  const kill9 = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  const client = createVmaClient({ url: `http://127.0.0.1:${port}`, token: new Secret(TOKEN) });
  await until(() => client.listSessions().then(Boolean, () => false), { ...WITHIN, what: 'the VMA' });
  return { client, kill9, [Symbol.asyncDispose]: kill9 };
}

const leave = (vm: string, tag = TAG) =>
  vcenter.simulator.control.snapshot(vm, { name: snapshotName(tag), description: snapshotDescription(tag) });
const ask = ({ vm_ref, snapshot_ref, tag }: OwnSnapshot) => ({ ...access, vm_ref, snapshot_ref, tag });
async function findOne(client: VmaClient): Promise<OwnSnapshot | undefined> {
  return (await client.findSnapshots({ ...access, installation_id: 'here' })).snapshots[0];
}
const left = (vm: string): string[] => vcenter.simulator.control.vm(vm).snapshots.map(({ name }) => name);

describe('a removal', () => {
  test('survives the VMA: vcenter goes on, the next VMA finds out, and others stay', async () => {
    const snapshot = await leave('web01');
    await vcenter.simulator.control.snapshot('web01', { name: 'of a person' });
    vcenter.simulator.control.faults.add({ method: 'RemoveSnapshot_Task', kind: 'task-delay', ms: 4_000 });
    await using first = await startVmaProcess();
    const found = await findOne(first.client);
    if (found === undefined) throw new Error('the leftover was not found');
    expect(found).toMatchObject({ snapshot_ref: snapshot.id, vm: 'web01', is_held: false, removal: null });
    await expect(first.client.removeSnapshot(ask(found))).resolves.toMatchObject({ state: 'removing' });
    await expect(findOne(first.client)).resolves.toMatchObject({ removal: { state: 'removing' } });
    await first.kill9();
    await using second = await startVmaProcess();
    const again = await findOne(second.client);
    // Where the task was quicker than the new process there is nothing left to do.
    if (again !== undefined) await second.client.removeSnapshot(ask(again));
    await until(() => left('web01').length === 1, { ...WITHIN, what: 'the end of the removal' });

    expect(left('web01')).toEqual(['of a person']);
    await expect(findOne(second.client)).resolves.toBeUndefined();
  });

  test('that never ends blocks neither requests nor other removals, and writes back what is left', async () => {
    await leave('web01');
    await using vma = await startVmaProcess();
    const stuck = await findOne(vma.client);
    if (stuck === undefined) throw new Error('the leftover was not found');
    vcenter.simulator.control.faults.add({ method: 'RemoveSnapshot_Task', kind: 'task-stuck' });
    await vma.client.removeSnapshot(ask(stuck));
    const { id } = await leave('web02', { ...TAG, epoch: 2 });
    const { snapshots } = await vma.client.findSnapshots({ ...access, installation_id: 'here' });
    const other = snapshots.find((snapshot) => snapshot.snapshot_ref === id);
    if (other === undefined) throw new Error('the other leftover was not found');
    vcenter.simulator.control.faults.add({ method: 'RemoveSnapshot_Task', kind: 'task-consolidation-needed' });
    await vma.client.removeSnapshot(ask(other));
    await until(() => left('web02').length === 0, { ...WITHIN, what: 'the other removal' });
    const needs = async (): Promise<number> =>
      (await vma.client.findSnapshots({ ...access, installation_id: 'here' })).consolidation_needed.length;
    await until(async () => (await needs()) === 0, { ...WITHIN, what: 'the consolidation' });

    await expect(findOne(vma.client)).resolves.toMatchObject({
      snapshot_ref: stuck.snapshot_ref,
      removal: { state: 'removing' },
    });
  });
});
