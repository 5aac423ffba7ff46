import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { acceptForgetting } from '../../../src/api/vm-contexts/delete.ts';
import type { JobRecord } from '../../../src/db/stores/job-rows.ts';
import { ForgettingResult } from '../../../src/queues/jobs/delete-context.ts';
import { cancel } from '../../../src/queues/cancel.ts';
import { makeOtherVm, replicate } from '../../support/deleted-replications.ts';
import { expectJob } from '../../support/job-story.ts';
import { ReplicatedVm } from '../../support/replicated-vm.ts';
import { openReplicationStand, type ReplicationStand } from '../../support/replication-stand.ts';

jest.setTimeout(180_000);

let stand: ReplicationStand;
beforeAll(async () => {
  stand = await openReplicationStand();
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
});
afterEach(() => {
  stand.cloud.simulator.faults.clear();
});

interface Vm {
  readonly vm: ReplicatedVm;
  readonly contextId: string;
  readonly jobId: string;
  /** Uuids of its volumes in the cloud. */
  readonly volumes: string[];
}

async function replicated(): Promise<Vm> {
  const vm = await ReplicatedVm.make(stand);
  const job = await replicate(stand, vm);
  await expectJob(stand.db, job, { status: 'completed' });
  const contextId = await vm.contextId();
  const volumes = await stand.db('ossea_volumes').where('vm_context_id', contextId).pluck<string[]>('volume_id');
  expect(volumes).toHaveLength(2);
  return { vm, contextId, jobId: job.id, volumes };
}

async function ask(contextId: string): Promise<string> {
  const request = { contextId, user: 'tester', requestId: undefined, key: undefined };
  const { body } = await acceptForgetting(stand.ledger, request);
  return String((body as Record<string, unknown>)['deletion_tracking_id']);
}

const forgotten = (contextId: string): Promise<JobRecord> =>
  stand.withWorker(async () => stand.ended(await ask(contextId)));

const resultOf = (job: JobRecord): ForgettingResult => ForgettingResult.parse(JSON.parse(job.resultJson ?? 'null'));

const inCloud = (volumes: readonly string[]): string[] =>
  stand.cloud.simulator.world.volumes.flatMap(({ id }) => (volumes.includes(id) ? [id] : []));

/** Tables that still say something about the VM. */
async function rowsAbout({ contextId }: Vm): Promise<string[]> {
  const left: string[] = [];
  for (const table of [
    'replication_jobs',
    'vm_disks',
    'ossea_volumes',
    'cbt_history',
    'device_mappings',
    'nbd_exports',
  ])
    if ((await stand.db(table).where('vm_context_id', contextId)).length > 0) left.push(table);
  const contexts = await stand.db('vm_replication_contexts').where('context_id', contextId);
  return contexts.length > 0 ? ['vm_replication_contexts', ...left] : left;
}

const statusOf = async ({ contextId }: Vm): Promise<string | undefined> =>
  (await stand.db('vm_replication_contexts').where('context_id', contextId).pluck<string[]>('current_status'))[0];

async function expectForgotten(it: Vm): Promise<void> {
  expect(inCloud(it.volumes)).toEqual([]);
  expect(await rowsAbout(it)).toEqual([]);
}

const openSession = (it: Vm, epoch: number): Promise<unknown> =>
  stand.vma.createSession({
    job_id: it.jobId,
    epoch,
    kind: 'folder',
    vm: it.vm.name,
    installation_id: 'test',
    disks: [{ disk_id: 'disk-2000' }],
  });

const sessionsOf = async (it: Vm): Promise<unknown[]> =>
  (await stand.vma.listSessions()).filter((session) => session.job_id === it.jobId);

describe('a VM that is deleted', () => {
  test('goes with its volumes, its history and what the source still has of us; its jobs stay as the record', async () => {
    const [it, other] = [await replicated(), await replicated()];
    await openSession(it, 7);

    const job = await forgotten(it.contextId);

    await expectJob(stand.db, job, { status: 'completed' });
    const result = resultOf(job);
    expect(result).toMatchObject({ contextId: it.contextId, vmName: it.vm.name, sessionsEnded: 1, volumesLeft: [] });
    expect(result.volumesDeleted.toSorted()).toEqual(it.volumes.toSorted());
    await expectForgotten(it);
    expect(await sessionsOf(it)).toEqual([]);
    const ledger = await stand.db('job_tracking').where({ id: it.jobId }).first<Record<string, unknown>>();
    expect(ledger).toMatchObject({ status: 'completed', context_id: null });
    expect(inCloud(other.volumes)).toHaveLength(2);
    expect(await statusOf(other)).toBe('ready_for_failover');
    // Nothing of the old one is in the way of the same VM.
    await expectJob(stand.db, await replicate(stand, it.vm), { status: 'completed' });
  });

  test('and was never replicated needs neither cloud nor source', async () => {
    const vm = await ReplicatedVm.make(stand);
    await stand.submit({ ...vm.request(), start_replication: false }).catch(() => undefined);
    const contextId = await vm.contextId();
    await stand.vmaServer.stop();
    try {
      await expectJob(stand.db, await forgotten(contextId), { status: 'completed' });
      expect(await vm.contextId()).toBe('');
    } finally {
      await stand.vmaServer.start();
    }
  });

  test('while the VMA is away goes all the same, and its session is ended when the VMA is back', async () => {
    const it = await replicated();
    const [epoch] = await stand.db('job_tracking').where({ id: it.jobId }).pluck<(number | string)[]>('lease_epoch');
    await openSession(it, Number(epoch));
    await stand.vmaServer.stop();

    await expectJob(stand.db, await forgotten(it.contextId), { status: 'completed' });
    await expectForgotten(it);
    await stand.vmaServer.start();
    expect(await sessionsOf(it)).toHaveLength(1);
    const [left] = await stand.db('job_tracking').where('operation', 'end-source-session').pluck<string[]>('id');
    await stand.withWorker(() => stand.ended(left ?? ''));
    expect(await sessionsOf(it)).toEqual([]);
  });

  test('whose volume another VM has stays, says which volume, and goes when that is free', async () => {
    const it = await replicated();
    const [taken] = it.volumes;
    const { simulator } = stand.cloud;
    const give = (vmId: string | null): void =>
      simulator.edit((world) => {
        for (const volume of world.volumes) if (volume.id === taken) volume.vmId = vmId;
      });
    give(makeOtherVm(stand));

    const job = await forgotten(it.contextId);

    await expectJob(stand.db, job, { status: 'failed', errorCode: 'context.volumes-kept' });
    expect(job.errorMessage).toContain(taken ?? '');
    expect(inCloud(it.volumes)).toEqual([taken]);
    expect(await statusOf(it)).toBe('failed');
    expect(await rowsAbout(it)).toEqual(expect.arrayContaining(['vm_replication_contexts', 'ossea_volumes']));

    give(null);
    await expectJob(stand.db, await forgotten(it.contextId), { status: 'completed' });
    await expectForgotten(it);
  });

  test('stays while the cloud refuses, and does not count as ready; the second try ends it', async () => {
    const it = await replicated();
    const refusal = { command: 'deleteVolume', kind: 'error', errorCode: 531, errorText: 'not yours' } as const;
    stand.cloud.simulator.faults.add(refusal);

    await expectJob(stand.db, await forgotten(it.contextId), { status: 'failed', errorCode: 'cloudstack.forbidden' });
    expect(await statusOf(it)).toBe('failed');
    expect(inCloud(it.volumes)).toHaveLength(1);

    await expectJob(stand.db, await forgotten(it.contextId), { status: 'completed' });
    await expectForgotten(it);
  });

  test('and has moved leaves its volumes: they are its disks now', async () => {
    const it = await replicated();
    await stand.db('vm_replication_contexts').where('context_id', it.contextId).update({ current_status: 'completed' });

    const job = await forgotten(it.contextId);

    expect(resultOf(job).volumesLeft.toSorted()).toEqual(it.volumes.toSorted());
    expect(inCloud(it.volumes)).toHaveLength(2);
    expect(await rowsAbout(it)).toEqual([]);
  });
});

test('a VM is not deleted while a job works on it, and no job begins while it is deleted', async () => {
  const vm = await ReplicatedVm.make(stand);
  const jobId = await vm.submit();
  const contextId = await vm.contextId();
  await expect(ask(contextId)).rejects.toMatchObject({ code: 'context.busy' });
  await cancel(stand.ledger, jobId, { reason: 'the test wants it' });
  const trackingId = await ask(contextId);
  await expect(vm.submit()).rejects.toMatchObject({ code: 'context.busy' });
  await stand.withWorker(() => stand.ended(trackingId));
  expect(await vm.contextId()).toBe('');
});

test.each([
  { step: 'delete-volumes', at: 'begin' },
  { step: 'remove-context', at: 'end' },
] as const)('a worker killed with kill -9 at the $at of step $step leaves the rest to another one', async (death) => {
  const it = await replicated();
  const trackingId = await ask(it.contextId);
  await using doomed = stand.spawnWorker({ death });
  expect(await doomed.died).toBe('SIGKILL');

  const job = await stand.withWorker(() => stand.ended(trackingId));

  await expectJob(stand.db, job, { status: 'completed' });
  expect(resultOf(job).volumesDeleted).toHaveLength(2);
  await expectForgotten(it);
});
