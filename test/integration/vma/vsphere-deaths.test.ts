import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { VmaClient } from '../../../src/vma/client.ts';
import type { Fault } from '../../../src/lab/vcenter/faults.ts';
import { clientOf, filesBelow, TOKEN, until } from '../../support/vma-stand.ts';
import { commandLinesWith, hashOfExport, QUICK, SourceStand } from '../../support/source-stand.ts';

/** kill -9 of the VMA while it waits for vCenter: the next one finds what there is, and leaves nothing of ours behind. */

let stand: SourceStand;
const children: ChildProcess[] = [];
beforeAll(async () => {
  stand = await SourceStand.start();
});
afterAll(() => stand[Symbol.asyncDispose]());
/** The one that dies is a process of its own; the next one, on the same folders, is not. */
beforeEach(() => stand.vma.stop());
afterEach(async () => {
  stand.control.faults.clear();
  for (const child of children.splice(0)) await kill(child);
});

async function nextVma(): Promise<VmaClient> {
  await stand.vma.restart();
  return stand.vma.client;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function startVma(): Promise<{ child: ChildProcess; client: VmaClient }> {
  const { token: _token, ...config } = stand.vma.config;
  const settings = { config, token: TOKEN, options: QUICK };
  const child = spawn(process.execPath, ['test/support/vma-main.ts'], {
    cwd: join(__dirname, '../../..'),
    env: { PATH: process.env['PATH'], TEST_VMA: JSON.stringify(settings), MIGRATEKIT_LOG_LEVEL: 'silent' },
    stdio: ['ignore', 'pipe', process.env['TEST_LOG'] === undefined ? 'ignore' : 'inherit'],
  });
  children.push(child);
  for await (const line of createInterface({ input: child.stdout })) return { child, client: clientOf(line) };
  throw new Error(`the VMA ended before it was ready: ${child.exitCode}`);
}

const owed = (): Promise<string[]> => filesBelow(join(stand.vma.config.stateDir, 'snapshots'));

async function untilStruck(): Promise<void> {
  await until(() => stand.control.faults.pending().length === 0);
}

/** Both before vCenter has done anything, and while it does. */
const around = (method: string): [string, Fault][] => [
  [`before ${method}`, { method, kind: 'delay', ms: 400 }],
  [`during ${method}`, { method, kind: 'task-delay', ms: 400 }],
];

describe('a VMA that dies', () => {
  test.each([
    ...around('ReconfigVM_Task'),
    ...around('CreateSnapshot_Task'),
    ['before the stun ends', { method: 'RemoveSnapshot_Task', kind: 'task-delay', ms: 400 }] as [string, Fault],
    ['after the snapshot', { method: 'QueryEvents', kind: 'delay', ms: 400 }] as [string, Fault],
  ])('%s: the next attempt serves one snapshot, and it goes', async (_name, fault) => {
    const vm = await stand.newVm();
    const since = new Date().toISOString();
    const first = await startVma();
    stand.control.faults.add(fault);
    const lost = first.client.createSession(stand.request(vm, { since })).catch((thrown: unknown) => thrown);
    await untilStruck();
    await kill(first.child);
    expect(await lost).toMatchObject({ code: 'vma.unreachable' });

    const second = await nextVma();
    const session = await second.createSession(stand.request(vm, { since, epoch: 2 }));
    expect(session.facts?.other_snapshot_ids).toEqual([]);
    // What the dead one had asked for may come to be only now; it goes as soon as it does.
    await until(() => stand.snapshotsOf(vm).join() === `migratekit-job-of-${vm}-2`);
    const ref = session.facts?.snapshot_ref ?? '';
    expect(await hashOfExport(session, 'disk-2001')).toBe(await stand.control.hashOf(ref, 2001));
    await second.endSession(session.session_id, { epoch: 2, committed: true });
    await until(async () => (await owed()).length === 0);
    expect(stand.snapshotsOf(vm)).toEqual([]);
  });

  test('while it makes a session that nobody asks for again leaves nothing', async () => {
    const vm = await stand.newVm();
    stand.control.edit(vm, (row) => (row.isTrackingEnabled = true));
    const first = await startVma();
    stand.control.faults.add({ method: 'CreateSnapshot_Task', kind: 'task-delay', ms: 800 });
    void first.client.createSession(stand.request(vm)).catch(() => undefined);
    await untilStruck();
    await kill(first.child);
    expect(await owed()).toHaveLength(1);
    await nextVma();
    // vCenter is still about to make it.
    await until(() => stand.snapshotsOf(vm).length === 1);
    await stand.untilNoSnapshot(vm);
    await until(async () => (await owed()).length === 0);
  });

  test('with a session leaves no server behind, and the next one serves it under the same names', async () => {
    const vm = await stand.newVm();
    const first = await startVma();
    const session = await first.client.createSession(stand.request(vm));
    const hash = await hashOfExport(session, 'disk-2000');
    await kill(first.child);
    await until(async () => (await commandLinesWith(session.session_id)).length === 0);
    const second = await nextVma();
    expect(await second.getSession(session.session_id)).toMatchObject({ disks: session.disks });
    expect(await hashOfExport(session, 'disk-2000')).toBe(hash);
    const areas = second.areas(session.session_id, 'disk-2000', { of: 'in-use' });
    expect((await areas[Symbol.asyncIterator]().next()).done).toBe(false);
    await second.endSession(session.session_id, { epoch: 1, committed: false });
    await until(async () => (await owed()).length === 0);
  });

  test.each(around('RemoveSnapshot_Task'))('%s at the end: the next one brings it to its end', async (_name, fault) => {
    const vm = await stand.newVm();
    stand.control.edit(vm, (row) => (row.isTrackingEnabled = true));
    const first = await startVma();
    const session = await first.client.createSession(stand.request(vm, { job_id: `end-of-${vm}` }));
    stand.control.faults.add(fault);
    const lost = first.client.endSession(session.session_id, { epoch: 1, committed: true }).catch(() => undefined);
    await untilStruck();
    await kill(first.child);
    await lost;
    const second = await nextVma();
    await expect(second.getSession(session.session_id)).rejects.toMatchObject({ code: 'session.unknown' });
    await stand.untilNoSnapshot(vm);
    await until(async () => (await owed()).length === 0);
  });
});
