import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GiB } from '../../../src/base/units.ts';
import type { SourceSession } from '../../../src/vma/contract.ts';
import { until } from '../../support/vma-stand.ts';
import { commandLinesWith, SourceStand } from '../../support/source-stand.ts';

/** Nothing of ours stays at a vCenter, however a session ends and whatever happens meanwhile. */

let stand: SourceStand;
beforeAll(async () => {
  stand = await SourceStand.start({ watchMs: 50, removalWaitMs: 300 });
});
afterAll(() => stand[Symbol.asyncDispose]());
afterEach(async () => {
  stand.control.faults.clear();
  for (const session of await stand.vma.client.listSessions()) await end(session);
  await stand.untilNothingOwed();
});

const end = (session: { session_id: string; epoch: number }): Promise<void> =>
  stand.vma.client.endSession(session.session_id, { epoch: session.epoch, committed: false });

const create: SourceStand['vma']['client']['createSession'] = (request) => stand.vma.client.createSession(request);

describe('the end of a session', () => {
  test('does not wait for a snapshot that takes long to go, and tells that it is on its way out', async () => {
    const vm = await stand.newVm();
    const session = await create(stand.request(vm));
    stand.control.faults.add({ method: 'RemoveSnapshot_Task', kind: 'task-delay', ms: 1_500 });
    await end(session);
    expect(stand.snapshotsOf(vm)).toHaveLength(1);
    expect(await commandLinesWith(session.session_id)).toEqual([]);
    expect(await stand.listed()).toMatchObject({
      sessions: [],
      removals: [{ session_id: session.session_id, snapshot: session.snapshot, last_error: null }],
    });
    const health = (await (await fetch(`${stand.vma.url}/health`)).json()) as object;
    expect(health).toMatchObject({ snapshot_removals: 1, source_kinds: ['folder', 'vsphere'] });
    await stand.untilNoSnapshot(vm);
  });

  test('a removal that fails is tried again, with what it said', async () => {
    const vm = await stand.newVm();
    const session = await create(stand.request(vm));
    const fault = { fault: 'FileLocked', message: 'a backup reads it', times: 3 };
    stand.control.faults.add({ method: 'RemoveSnapshot_Task', kind: 'task-fault', ...fault });
    await end(session);
    const { removals } = await stand.listed();
    const [removal] = removals;
    expect(removal === undefined || /file-locked/.test(String(removal['last_error']))).toBe(true);
    await stand.untilNoSnapshot(vm);
    expect(stand.control.faults.pending()).toEqual([]);
  });

  test('what a removal leaves behind is written back', async () => {
    const vm = await stand.newVm();
    const session = await create(stand.request(vm));
    stand.control.faults.add({ method: 'RemoveSnapshot_Task', kind: 'task-consolidation-needed' });
    stand.control.faults.add({ method: 'ConsolidateVMDisks_Task', kind: 'task-fault', fault: 'FileLocked' });
    await end(session);
    await stand.untilNothingOwed();
    expect(stand.control.vm(vm).isConsolidationNeeded).toBe(false);
  });

  test('a lost answer of vcenter does not lose the snapshot', async () => {
    const vm = await stand.newVm();
    const session = await create(stand.request(vm));
    stand.control.faults.add({ method: 'RemoveSnapshot_Task', kind: 'drop-after' });
    await end(session);
    await stand.untilNoSnapshot(vm);
    await stand.untilNothingOwed();
  });

  test('a vcenter that is down at the end is waited for, also by the next VMA', async () => {
    const vm = await stand.newVm();
    const session = await create(stand.request(vm));
    await stand.vcenter.simulator.close();
    await end(session);
    await until(async () => /unreachable/.test(String((await stand.listed()).removals[0]?.['last_error'])));
    await stand.vma.restart();
    expect((await stand.listed()).removals).toMatchObject([{ session_id: session.session_id }]);
    await stand.vcenter.restart();
    // The port is another one now: what the VMA has is the old address, until somebody brings a new one.
    const next = await create(stand.request(vm, { job_id: 'the-next' }));
    expect(stand.snapshotsOf(vm)).toEqual(['migratekit-the-next-1']);
    expect(next.facts?.other_snapshot_ids).toEqual([]);
  });

  test('a session that nobody keeps alive ends by itself, with its snapshot', async () => {
    const vm = await stand.newVm();
    await create(stand.request(vm));
    await stand.vma.restart({ config: { ...stand.vma.config, sessionTtlMs: 200 } });
    await stand.untilNoSnapshot(vm);
    await stand.vma.restart();
    await expect(stand.vma.client.getSession(`job-of-${vm}`)).rejects.toMatchObject({ code: 'session.unknown' });
  });

  test('given up while it is made, it leaves nothing', async () => {
    const vm = await stand.newVm();
    stand.control.edit(vm, (row) => (row.isTrackingEnabled = true));
    stand.control.faults.add({ method: 'CreateSnapshot_Task', kind: 'task-delay', ms: 1_000 });
    const created = create(stand.request(vm)).catch((thrown: unknown) => thrown);
    await until(() => stand.control.faults.pending().length === 0);
    await stand.vma.client.endSession(`job-of-${vm}`, { epoch: 1, committed: false });
    expect(await created).toMatchObject({ code: 'session.abandoned' });
    await stand.untilNothingOwed();
    expect(stand.snapshotsOf(vm)).toEqual([]);
  });
});

describe('a snapshot whose making failed', () => {
  test.each([
    ['with a lost answer', { kind: 'drop-after' as const }, 'vsphere.unreachable'],
    [
      'after it was there',
      { kind: 'task-fault-after-effect' as const, fault: 'GenericVmConfigFault' },
      'vsphere.failed',
    ],
    [
      'before anything was done',
      { kind: 'task-fault' as const, fault: 'InsufficientResourcesFault' },
      'vsphere.failed',
    ],
  ])('%s goes, and the next attempt gets one of its own', async (_name, fault, code) => {
    const vm = await stand.newVm();
    stand.control.edit(vm, (row) => (row.isTrackingEnabled = true));
    stand.control.faults.add({ method: 'CreateSnapshot_Task', ...fault });
    await expect(create(stand.request(vm))).rejects.toMatchObject({ code });
    const session = await create(stand.request(vm, { epoch: 2 }));
    expect(stand.snapshotsOf(vm)).toEqual([`migratekit-job-of-${vm}-2`]);
    expect(session.facts?.other_snapshot_ids).toEqual([]);
  });

  test('to whose task nobody may look goes when it comes to be', async () => {
    const vm = await stand.newVm();
    stand.control.edit(vm, (row) => (row.isTrackingEnabled = true));
    stand.control.faults.add({ method: 'CreateSnapshot_Task', kind: 'task-delay', ms: 1_000 });
    const created = create(stand.request(vm)).catch((thrown: unknown) => thrown);
    await until(() => stand.control.faults.pending().length === 0);
    const fields = { privilegeId: 'injected' };
    stand.control.faults.add({ method: 'RetrievePropertiesEx', kind: 'fault', fault: 'NoPermission', fields });
    expect(await created).toMatchObject({ code: 'vsphere.task-unseen' });
    // Not owed any more is only what was seen and removed.
    expect((await stand.listed()).removals).toHaveLength(1);
    await stand.untilNothingOwed();
    expect(stand.snapshotsOf(vm)).toEqual([]);
  });

  test('a disk that cannot be served takes its snapshot with it', async () => {
    const vm = await stand.newVm();
    const { frozenDir } = stand.vcenter.simulator;
    stand.control.faults.add({ method: 'QueryEvents', kind: 'delay', ms: 1_500 });
    const since = new Date().toISOString();
    const created = create(stand.request(vm, { since })).catch((thrown: unknown) => thrown);
    await until(() => stand.control.faults.pending().length === 0);
    const [{ id } = { id: 'none' }] = stand.control.vm(vm).snapshots;
    await rm(join(frozenDir, id, '2001.img'));
    expect(await created).toMatchObject({ code: 'source.export-failed' });
    await stand.untilNoSnapshot(vm);
    expect(await readdir(stand.vma.config.runDir)).toEqual([]);
  });
});

describe('leftovers', () => {
  const tagged = (vm: string, epoch: number, installation = 'test'): { name: string; description: string } => ({
    name: `migratekit-job-of-${vm}-${epoch}`,
    description: `migratekit/${installation}/job-of-${vm}/${epoch}\nof a VMA that is gone`,
  });

  test('of the same job go before its next snapshot, those of others stay', async () => {
    const vm = await stand.newVm();
    await stand.control.snapshot(vm, tagged(vm, 1));
    const foreign = await stand.control.snapshot(vm, tagged(vm, 1, 'another-installation'));
    const session = await create(stand.request(vm, { epoch: 2 }));
    expect(session.facts?.other_snapshot_ids).toEqual([foreign.id]);
    expect(stand.snapshotsOf(vm)).toHaveLength(2);
    await end(session);
    expect(stand.control.vm(vm).snapshots.map(({ id }) => id)).toEqual([foreign.id]);
  });

  test('of a later epoch of the same job mean that another worker has it', async () => {
    const vm = await stand.newVm();
    await stand.control.snapshot(vm, tagged(vm, 7));
    await expect(create(stand.request(vm, { epoch: 2 }))).rejects.toMatchObject({ code: 'session.stale-epoch' });
    expect(stand.snapshotsOf(vm)).toHaveLength(1);
  });

  test('of another job that are on their way out are waited for', async () => {
    const vm = await stand.newVm();
    const session = await create(stand.request(vm));
    stand.control.faults.add({ method: 'RemoveSnapshot_Task', kind: 'task-delay', ms: 1_000 });
    await end(session);
    expect(stand.snapshotsOf(vm)).toHaveLength(1);
    await create(stand.request(vm, { job_id: 'the-next' }));
    expect(stand.snapshotsOf(vm)).toEqual(['migratekit-the-next-1']);
  });
});

describe('while a session lives', () => {
  async function living(): Promise<{ session: SourceSession; fill: (part: number) => void }> {
    const vm = await stand.newVm();
    const session = await create(stand.request(vm));
    const { datastore } = stand.control.vm(vm);
    return { session, fill: (part) => stand.control.setFreeBytes(datastore, Math.round(4096 * GiB * part)) };
  }

  test('a datastore that fills up is told of, and takes the snapshot away before it is full', async () => {
    const { session, fill } = await living();
    try {
      fill(0.15);
      const isTold = async (): Promise<boolean> =>
        (await stand.vma.client.getSession(session.session_id)).alarms.some(({ code }) => code === 'snapshot.space');
      await until(isTold);
      fill(0.01);
      const why = await until(async () => {
        const asked = await stand.vma.client.getSession(session.session_id).catch((thrown: unknown) => thrown);
        return asked instanceof Error ? asked : undefined;
      });
      expect(why).toMatchObject({ code: 'session.ended-for-space', kind: 'conflict' });
      const heartbeat = stand.vma.client.heartbeat(session.job_id, 1);
      await expect(heartbeat).rejects.toMatchObject({ code: 'session.ended-for-space' });
      await stand.untilNothingOwed();
    } finally {
      fill(0.75);
    }
  });
});
