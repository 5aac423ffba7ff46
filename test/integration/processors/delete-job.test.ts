import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MiB } from '../../../src/base/units.ts';
import { findJob } from '../../../src/db/stores/job-rows.ts';
import { deletionWorkflow } from '../../../src/processors/delete-job/index.ts';
import { cancel } from '../../../src/queues/cancel.ts';
import { deleted, makeOtherVm, replicate, resultOf, rowsOf } from '../../support/deleted-replications.ts';
import { expectJob } from '../../support/job-story.ts';
import { ReplicatedVm } from '../../support/replicated-vm.ts';
import { openReplicationStand, type ReplicationStand } from '../../support/replication-stand.ts';
import { until } from '../../support/until.ts';

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

/** A VM with a first cycle and an incremental one. */
async function twiceReplicated(): Promise<{ vm: ReplicatedVm; first: string; second: string }> {
  const vm = await ReplicatedVm.make(stand);
  const first = await replicate(stand, vm);
  await vm.write(0, { offset: 2 * MiB, length: 5000 });
  const second = await replicate(stand, vm);
  expect([first.status, second.status]).toEqual(['completed', 'completed']);
  return { vm, first: first.id, second: second.id };
}

async function replicated(): Promise<{ vm: ReplicatedVm; jobId: string }> {
  const vm = await ReplicatedVm.make(stand);
  const job = await replicate(stand, vm);
  await expectJob(stand.db, job, { status: 'completed' });
  return { vm, jobId: job.id };
}

/** Writes to the source, replicates, and compares every byte. */
async function expectNextCycle(vm: ReplicatedVm, type: 'initial' | 'incremental'): Promise<void> {
  await vm.write(0, { offset: 4 * MiB + 100, length: 3000 });
  await vm.write(1, { offset: MiB, length: 700 });
  const job = await replicate(stand, vm);
  await expectJob(stand.db, job, { status: 'completed' });
  expect(JSON.parse(job.resultJson ?? 'null')).toMatchObject({ type });
  const { source, target } = await vm.hashes();
  expect(target).toEqual(source);
  expect(await vm.cloudVolumes()).toHaveLength(2);
  expect(await rowsOf(stand, vm)).toMatchObject({ status: 'ready_for_failover', lastSuccessful: job.id, disks: 2 });
}

/** The VM is as if it had been added just now. */
async function expectNothingLeft(vm: ReplicatedVm): Promise<void> {
  expect(await vm.cloudVolumes()).toEqual([]);
  expect(await rowsOf(stand, vm)).toMatchObject({
    status: 'discovered',
    counters: { total: 0, successful: 0, failed: 0 },
    lastSuccessful: null,
    replications: [],
    disks: 0,
    volumes: [],
    mappings: 0,
    history: 0,
  });
  expect(await vm.leftovers()).toEqual({ sessions: 0, exports: 0, currentJob: null, activeJobs: 0 });
}

describe('of two replications', () => {
  test('the older goes alone: disks, volumes and the chain of changes stay', async () => {
    const { vm, first, second } = await twiceReplicated();
    const before = await vm.disks();

    const job = await deleted(stand, first);

    await expectJob(stand.db, job, { status: 'completed' });
    expect(resultOf(job)).toMatchObject({ volumesDeleted: [], volumesKept: [], repointedTo: second, warning: null });
    expect(await rowsOf(stand, vm)).toMatchObject({
      status: 'ready_for_failover',
      counters: { total: 1, successful: 1, failed: 0 },
      lastSuccessful: second,
      replications: [second],
      history: 2,
      lastOperation: {
        operation_type: 'deletion',
        status: 'completed',
        replication_job_id: first,
        operations: { volumes_deleted: false, database_cleaned: true },
      },
    });
    expect(await vm.disks()).toEqual(before);
    // The ledger remembers what was done.
    expect(await findJob(stand.db, first)).toMatchObject({ status: 'completed' });
    await expectNextCycle(vm, 'incremental');
  });

  test('the newer goes: its disks, with what it committed, pass to the older', async () => {
    const { vm, first, second } = await twiceReplicated();
    const committed = (await vm.disks()).map((disk) => disk.disk_change_id);

    const job = await deleted(stand, second);

    expect(resultOf(job)).toMatchObject({ volumesDeleted: [], repointedTo: first });
    expect(await stand.db('vm_disks').where('job_id', first).select('id')).toHaveLength(2);
    expect((await vm.disks()).map((disk) => disk.disk_change_id)).toEqual(committed);
    expect(await rowsOf(stand, vm)).toMatchObject({ status: 'ready_for_failover', lastSuccessful: first });
    await expectNextCycle(vm, 'incremental');
  });

  test('the successful one goes, and the VM stays ready: its copy is whole', async () => {
    const { vm, jobId } = await replicated();
    const failed = await stand.withWorker(async () => {
      const next = await vm.submit();
      await cancel(stand.ledger, next, { reason: 'the test wants it' });
      return stand.ended(next);
    });
    await expectJob(stand.db, failed, { status: 'cancelled' });

    await expectJob(stand.db, await deleted(stand, jobId), { status: 'completed' });

    expect(await rowsOf(stand, vm)).toMatchObject({ status: 'ready_for_failover', lastSuccessful: null });
    await expectNextCycle(vm, 'incremental');
  });

  test('one goes with the volumes: the other is history, and nobody takes it for a copy', async () => {
    const { vm, first, second } = await twiceReplicated();

    const job = await deleted(stand, first, { deleteVolumes: true });

    expect(resultOf(job).volumesDeleted).toHaveLength(2);
    expect(await vm.cloudVolumes()).toEqual([]);
    expect(await rowsOf(stand, vm)).toMatchObject({
      status: 'discovered',
      counters: { total: 1, successful: 1 },
      lastSuccessful: null,
      replications: [second],
      volumes: [],
      disks: 2,
    });

    const broken = await stand.withWorker(async () => {
      stand.cloud.simulator.faults.add({ command: 'createVolume', kind: 'error', errorCode: 531, errorText: 'no' });
      return stand.ended(await vm.submit());
    });
    await expectJob(stand.db, broken, { status: 'failed' });
    expect(await rowsOf(stand, vm)).toMatchObject({ status: 'failed' });
    stand.cloud.simulator.faults.clear();
    await expectNextCycle(vm, 'initial');
  });
});

describe('the last replication', () => {
  test('goes with its volumes; the VM is discovered again, and its next replication is an initial one', async () => {
    const { vm, jobId } = await replicated();

    const job = await deleted(stand, jobId);

    await expectJob(stand.db, job, { status: 'completed' });
    expect(resultOf(job)).toMatchObject({ repointedTo: null, warning: null });
    expect(resultOf(job).volumesDeleted).toHaveLength(2);
    await expectNothingLeft(vm);
    await expectNextCycle(vm, 'initial');
  });

  test('goes also when its volumes were deleted in the cloud by hand', async () => {
    const { vm, jobId } = await replicated();
    stand.cloud.simulator.edit((world) => {
      world.volumes = world.volumes.filter((volume) => volume.type === 'ROOT' || !volume.name.includes(vm.name));
    });
    await expectJob(stand.db, await deleted(stand, jobId), { status: 'completed' });
    await expectNothingLeft(vm);
  });

  test('leaves a volume that another VM has, says so, and keeps its row', async () => {
    const { vm, jobId } = await replicated();
    const [taken, free] = (await rowsOf(stand, vm)).volumes;
    const other = makeOtherVm(stand);
    stand.cloud.simulator.edit((world) => {
      for (const volume of world.volumes) if (volume.id === taken) volume.vmId = other;
    });

    const job = await deleted(stand, jobId);

    await expectJob(stand.db, job, { status: 'completed' });
    expect(resultOf(job)).toMatchObject({
      volumesDeleted: [free],
      volumesKept: [{ volumeId: taken, reason: expect.stringContaining('attached') }],
      warning: expect.stringContaining(taken ?? ''),
    });
    const { world } = stand.cloud.simulator;
    expect(world.volumes.find((volume) => volume.id === taken)).toMatchObject({ vmId: other });
    expect(await rowsOf(stand, vm)).toMatchObject({
      status: 'discovered',
      replications: [],
      volumes: [taken],
      lastOperation: { volume_deletion_warning: expect.stringContaining(taken ?? '') },
    });
  });

  test('stays while the cloud refuses; the VM does not count as ready, and the second try ends it', async () => {
    const { vm, jobId } = await replicated();
    stand.cloud.simulator.faults.add({
      command: 'deleteVolume',
      kind: 'error',
      errorCode: 531,
      errorText: 'not yours',
    });

    const refused = await deleted(stand, jobId);

    await expectJob(stand.db, refused, { status: 'failed', errorCode: 'cloudstack.forbidden' });
    const rows = await rowsOf(stand, vm);
    expect(rows).toMatchObject({ status: 'failed', lastSuccessful: null, replications: [jobId], disks: 2 });
    expect(rows.volumes).toHaveLength(1);
    expect(await vm.cloudVolumes()).toHaveLength(1);
    expect((await vm.disks()).map((disk) => disk.disk_change_id)).toEqual([null, null]);

    await expectJob(stand.db, await deleted(stand, jobId), { status: 'completed' });
    await expectNothingLeft(vm);
  });

  test('after a deletion that broke off can be replicated to again: all of it is copied, into what is left', async () => {
    const { vm, jobId } = await replicated();
    stand.cloud.simulator.faults.add({
      command: 'deleteVolume',
      kind: 'error',
      errorCode: 531,
      errorText: 'not yours',
    });
    await expectJob(stand.db, await deleted(stand, jobId), { status: 'failed' });

    await expectNextCycle(vm, 'initial');
  });

  test('is deleted in spite of answers that get lost', async () => {
    const { vm, jobId } = await replicated();
    stand.cloud.simulator.faults.add({ command: 'deleteVolume', kind: 'drop-after', times: 2 });
    stand.cloud.simulator.faults.add({
      command: 'detachVolume',
      kind: 'job-error-after-effect',
      errorCode: 530,
      errorText: 'x',
    });
    await expectJob(stand.db, await deleted(stand, jobId), { status: 'completed' });
    await expectNothingLeft(vm);
  });
});

describe('a cancel of a deletion', () => {
  test('before it runs changes nothing', async () => {
    const { vm, jobId } = await replicated();
    const before = await rowsOf(stand, vm);
    const trackingId = await stand.delete(jobId);
    await cancel(stand.ledger, trackingId, { reason: 'the test wants it' });

    await expectJob(stand.db, await stand.ended(trackingId), { status: 'cancelled' });
    const { lastOperation: _said, ...rest } = before;
    expect(await rowsOf(stand, vm)).toMatchObject({ ...rest, lastOperation: { status: 'cancelled' } });
    await expectNextCycle(vm, 'incremental');
  });

  test('while volumes go is refused: from there it only goes forward', async () => {
    const { vm, jobId } = await replicated();
    stand.cloud.simulator.faults.add({ command: 'deleteVolume', kind: 'drop-before', times: 1000 });
    const job = await stand.withWorker(async () => {
      const trackingId = await stand.delete(jobId);
      await untilForgotten(vm);
      expect(await rowsOf(stand, vm)).toMatchObject({ status: 'failed', lastSuccessful: null, replications: [jobId] });
      await expect(cancel(stand.ledger, trackingId, { reason: 'the test wants it' })).rejects.toMatchObject({
        code: 'job.committed',
      });
      stand.cloud.simulator.faults.clear();
      return stand.ended(trackingId);
    });

    await expectJob(stand.db, job, { status: 'completed' });
    await expectNothingLeft(vm);
  });

  const untilForgotten = (vm: ReplicatedVm): Promise<unknown> =>
    until(async () => (await vm.disks()).every((disk) => disk.disk_change_id === null), {
      withinMs: 60_000,
      what: 'the deletion of volumes to begin',
    });
});

const DEATHS = deletionWorkflow.steps.flatMap(({ name }) => [
  { step: name, at: 'end' } as const,
  // Its effects are committed piece by piece, and children carry them out.
  ...(name === 'delete-volumes' ? [{ step: name, at: 'begin' } as const] : []),
]);

test.each(DEATHS)(
  'a worker killed with kill -9 at the $at of step $step leaves the rest to another one',
  async (death) => {
    const { vm, jobId } = await replicated();
    const trackingId = await stand.delete(jobId);
    await using doomed = stand.spawnWorker({ death });
    expect(await doomed.died).toBe('SIGKILL');

    const job = await stand.withWorker(() => stand.ended(trackingId));

    await expectJob(stand.db, job, { status: 'completed' });
    expect(resultOf(job).volumesDeleted).toHaveLength(2);
    await expectNothingLeft(vm);
  },
);
