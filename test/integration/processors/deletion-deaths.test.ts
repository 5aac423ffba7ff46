import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MiB } from '../../../src/base/units.ts';
import { acceptForgetting } from '../../../src/api/vm-contexts/delete.ts';
import { forgettingWorkflow } from '../../../src/processors/delete-context/index.ts';
import { deletionWorkflow } from '../../../src/processors/delete-job/index.ts';
import { DeathLoop } from '../../support/death-loops.ts';
import { replicate, resultOf, rowsOf } from '../../support/deleted-replications.ts';
import { expectJob } from '../../support/job-story.ts';
import { ReplicatedVm } from '../../support/replicated-vm.ts';
import { openReplicationStand, type ReplicationStand } from '../../support/replication-stand.ts';
import { StepDeaths, type Scenario } from '../../support/step-deaths.ts';

/**
 * A worker killed with kill -9 before, in and after the steps of the deletion of a replication and of a VM: another one
 * completes it, no volume is left, and none is forgotten that is there. With DELETION_DEATHS=10 in the environment ten
 * rounds of a job per step, with DELETION_DEATHS=all each moment there is. DELETION_SEED=N is the seed.
 */
const loop = new DeathLoop(process.env['DELETION_DEATHS'], process.env['DELETION_SEED']);
jest.setTimeout(loop.limitMs);

let stand: ReplicationStand;
beforeAll(async () => {
  stand = await openReplicationStand({ MIGRATEKIT_RELAY_MS: '30', MIGRATEKIT_RECONCILE_MS: '100' });
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
});

const ABOUT_A_VM = ['replication_jobs', 'vm_disks', 'ossea_volumes', 'cbt_history', 'device_mappings', 'nbd_exports'];

async function replicated(): Promise<{ vm: ReplicatedVm; jobId: string; contextId: string }> {
  const vm = await ReplicatedVm.make(stand);
  const job = await replicate(stand, vm);
  await expectJob(stand.db, job, { status: 'completed' });
  return { vm, jobId: job.id, contextId: await vm.contextId() };
}

async function expectNothingOf(contextId: string): Promise<void> {
  const { world } = stand.cloud.simulator;
  expect(world.volumes.filter(({ name }) => name.includes(contextId))).toEqual([]);
  for (const table of ABOUT_A_VM) expect(await stand.db(table).where('vm_context_id', contextId)).toEqual([]);
}

const deletion: Scenario = {
  name: 'the deletion of the only replication',
  async begin() {
    const { vm, jobId: replicationJobId, contextId } = await replicated();
    return {
      jobId: await stand.delete(replicationJobId),
      async afterwards(job) {
        await expectJob(stand.db, job, { status: 'completed' });
        await expectNothingOf(contextId);
        expect(await rowsOf(stand, vm)).toMatchObject({
          status: 'discovered',
          counters: { total: 0, successful: 0, failed: 0 },
          lastSuccessful: null,
        });
        expect(await vm.leftovers()).toEqual({ sessions: 0, exports: 0, currentJob: null, activeJobs: 0 });
      },
    };
  },
};

const keeping: Scenario = {
  name: 'the deletion of the newer of two replications, without its volumes',
  isVariant: true,
  async begin() {
    const { vm, jobId: first } = await replicated();
    await vm.write(0, { offset: 2 * MiB, length: 5000 });
    const { id: second } = await replicate(stand, vm);
    const committed = (await vm.disks()).map((disk) => disk.disk_change_id);
    const volumes = await vm.cloudVolumes();
    return {
      jobId: await stand.delete(second, { deleteVolumes: false }),
      async afterwards(job) {
        await expectJob(stand.db, job, { status: 'completed' });
        expect(resultOf(job)).toMatchObject({ volumesDeleted: [], repointedTo: first });
        expect((await vm.disks()).map((disk) => disk.disk_change_id)).toEqual(committed);
        expect(await vm.cloudVolumes()).toEqual(volumes);
        const counters = { total: 1, successful: 1, failed: 0 };
        expect(await rowsOf(stand, vm)).toMatchObject({
          status: 'ready_for_failover',
          counters,
          lastSuccessful: first,
        });
        await vm.write(0, { offset: 4 * MiB + 100, length: 3000 });
        const next = await stand.ended(await vm.submit());
        await expectJob(stand.db, next, { status: 'completed' });
        expect(JSON.parse(next.resultJson ?? 'null')).toMatchObject({ type: 'incremental' });
        const { source, target } = await vm.hashes();
        expect(target).toEqual(source);
      },
    };
  },
};

const forgetting: Scenario = {
  name: 'the deletion of a VM',
  async begin() {
    const { vm, contextId } = await replicated();
    const request = { contextId, user: 'tester', requestId: undefined, key: undefined };
    const { body } = await acceptForgetting(stand.ledger, request);
    return {
      jobId: String((body as Record<string, unknown>)['deletion_tracking_id']),
      async afterwards(job) {
        await expectJob(stand.db, job, { status: 'completed' });
        await expectNothingOf(contextId);
        expect(await vm.contextId()).toBe('');
        expect((await stand.vma.listSessions()).filter((session) => session.vm === vm.name)).toEqual([]);
      },
    };
  },
};

describe('whenever a worker dies, another one completes, as if nobody had died,', () => {
  test('the deletion of a replication', () => loop.run(new StepDeaths(stand, deletionWorkflow), [deletion, keeping]));
  test('the deletion of a VM', () => loop.run(new StepDeaths(stand, forgettingWorkflow), [forgetting]));
});
