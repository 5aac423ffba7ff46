import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { KiB, MiB } from '../../../src/base/units.ts';
import { replicationWorkflow } from '../../../src/processors/replicate/index.ts';
import { cancel } from '../../../src/queues/cancel.ts';
import { expectJob } from '../../support/job-story.ts';
import { Random } from '../../support/random.ts';
import { ReplicatedVm } from '../../support/replicated-vm.ts';
import { openReplicationStand, type ReplicationStand } from '../../support/replication-stand.ts';
import { StepDeaths, type Scenario } from '../../support/step-deaths.ts';
import { expectCommitted, expectOneVolumePerDisk, expectWhole, untilAllEnded } from '../../support/whole-replica.ts';

/**
 * A worker killed with kill -9 before, in and after each step of a replication: another one completes the job, and
 * nobody can tell from what is left that somebody died. A death in each step with a seed that does not change; with
 * WORKER_DEATHS=10 in the environment ten rounds of that, with WORKER_DEATHS=all each moment there is, also each
 * statement to the database and request to a daemon inside of a step. WORKER_SEED=N is the seed. See CONTRIBUTING.md.
 */
const { WORKER_DEATHS = '1' } = process.env;
const ALL = WORKER_DEATHS === 'all';
const ROUNDS = ALL ? 1 : Number(WORKER_DEATHS);
const SEED = Number(process.env['WORKER_SEED'] ?? 20_261_123);

jest.setTimeout(ALL ? 14_400_000 : ROUNDS * 600_000);

let stand: ReplicationStand;
let deaths: StepDeaths<Parameters<(typeof replicationWorkflow.steps)[number]['work']['run']>[0]['context']>;

beforeAll(async () => {
  stand = await openReplicationStand({ MIGRATEKIT_RELAY_MS: '30', MIGRATEKIT_RECONCILE_MS: '100' });
  deaths = new StepDeaths(stand, replicationWorkflow);
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
});

/** Those whose first cycle is behind them. */
const vms: ReplicatedVm[] = [];

const first: Scenario = {
  name: 'a first cycle',
  async begin() {
    const vm = await ReplicatedVm.make(stand);
    vms.push(vm);
    const jobId = await vm.submit();
    return {
      jobId,
      async afterwards(job) {
        await expectJob(stand.db, job, { status: 'completed' });
        await expectWhole(stand, vm);
        await expectCommitted(stand, vm, job.id);
      },
    };
  },
};

/** Of a VM whose first cycle somebody died in: only what changed, and beside the volume. */
const later: Scenario = {
  name: 'a later cycle',
  async begin() {
    const vm = vms.shift();
    if (vm === undefined) throw new Error('no VM was copied');
    vms.push(vm);
    await vm.write(0, { offset: MiB + 512, length: 20 * KiB });
    await vm.write(1, { offset: 64 * KiB + 512, length: 300 });
    const jobId = await vm.submit();
    return {
      jobId,
      async afterwards(job) {
        await expectJob(stand.db, job, { status: 'completed' });
        expect(JSON.parse(job.resultJson ?? 'null')).toMatchObject({ type: 'incremental' });
        await expectWhole(stand, vm);
        await expectCommitted(stand, vm, job.id);
      },
    };
  },
};

/** All that can be undone was done when somebody cancels it. */
const cancelled: Scenario = {
  name: 'a cancelled cycle',
  goesBack: true,
  async begin() {
    const vm = await ReplicatedVm.make(stand);
    const jobId = await vm.submit();
    await using doomed = stand.spawnWorker({ death: { step: 'transfer', at: 'end' } });
    expect(await doomed.died).toBe('SIGKILL');
    await cancel(stand.ledger, jobId, { reason: 'the test wants it' });
    return {
      jobId,
      async afterwards(job) {
        await expectJob(stand.db, job, { status: 'cancelled' });
        await untilAllEnded(stand);
        expect(await vm.leftovers()).toEqual({ sessions: 0, exports: 0, currentJob: null, activeJobs: 0 });
        await expectOneVolumePerDisk(stand, vm);
        const next = await stand.ended(await vm.submit());
        await expectJob(stand.db, next, { status: 'completed' });
        await expectWhole(stand, vm);
        await expectCommitted(stand, vm, next.id);
      },
    };
  },
};

test('whenever a worker dies, another one completes the replication as if nobody had died', async () => {
  const random = new Random(SEED);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const scenario of [first, later, cancelled]) {
      await (ALL ? deaths.dieEverywhere(scenario) : deaths.dieInEachStep(scenario, random));
      if (WORKER_DEATHS !== '1') process.stdout.write(`${scenario.name}: ${JSON.stringify(deaths.tally)}\n`);
    }
  }
  deaths.expectEveryStep();
});
