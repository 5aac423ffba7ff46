import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { acceptForgetting } from '../../../src/api/vm-contexts/delete.ts';
import { forgettingWorkflow } from '../../../src/processors/delete-context/index.ts';
import { deletionWorkflow } from '../../../src/processors/delete-job/index.ts';
import { DeathLoop } from '../../support/death-loops.ts';
import { replicate, rowsOf } from '../../support/deleted-replications.ts';
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
  test('the deletion of a replication', () => loop.run(new StepDeaths(stand, deletionWorkflow), [deletion]));
  test('the deletion of a VM', () => loop.run(new StepDeaths(stand, forgettingWorkflow), [forgetting]));
});
