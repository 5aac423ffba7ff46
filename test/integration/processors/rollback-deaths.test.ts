import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { MiB } from '../../../src/base/units.ts';
import { findFailover } from '../../../src/db/stores/failover-store.ts';
import type { Rollback } from '../../../src/processors/rollback/context.ts';
import { rollbackWorkflow } from '../../../src/processors/rollback/index.ts';
import { failOverOnce, liveFailover, placementOf } from '../../support/failovers.ts';
import { expectJob } from '../../support/job-story.ts';
import { noise } from '../../support/nbd-servers.ts';
import { Random } from '../../support/random.ts';
import { guestWrites, submitRollback } from '../../support/rollbacks.ts';
import { StepDeaths, type Scenario } from '../../support/step-deaths.ts';
import { openVsphereStand, VsphereVm, type VsphereStand } from '../../support/vsphere-stand.ts';

/**
 * A worker killed with kill -9 before, in and after the steps of the rollback of a live failover: another one completes
 * it, and nobody can tell from what is left that somebody died. A few steps by a seed; with ROLLBACK_DEATHS=10 in the
 * environment ten rounds of all steps, with ROLLBACK_DEATHS=all each moment there is. ROLLBACK_SEED=N is the seed. See
 * CONTRIBUTING.md.
 */
const { ROLLBACK_DEATHS = 'some' } = process.env;
const ALL = ROLLBACK_DEATHS === 'all';
const SOME = ROLLBACK_DEATHS === 'some';
const ROUNDS = ALL || SOME ? 1 : Number(ROLLBACK_DEATHS);
const SEED = Number(process.env['ROLLBACK_SEED'] ?? 20_261_123);
/** In CI. */
const STEPS_SOME = 2;

jest.setTimeout(ALL ? 14_400_000 : ROUNDS * 1_200_000);

let lab: VsphereStand;
beforeAll(async () => {
  lab = await openVsphereStand({ MIGRATEKIT_RELAY_MS: '30', MIGRATEKIT_RECONCILE_MS: '100' });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

const live: Scenario = {
  name: 'the rollback of a live failover',
  async begin() {
    const { stand, control } = lab;
    const vm = VsphereVm.make(lab, [MiB + 512, MiB]);
    await vm.write(2000, 0, noise(64 * 1024, 1));
    await vm.write(2001, 512, noise(4096, 2));
    await expectJob(stand.db, await vm.replicate(), { status: 'completed' });
    const contextId = await vm.contextId();
    const before = await placementOf(stand, contextId);
    const failover = await failOverOnce(stand, contextId, liveFailover(lab.stand, { powerOffSource: true }));
    await expectJob(stand.db, failover, { status: 'completed' });
    await guestWrites(vm);
    const jobId = await submitRollback(stand, { contextId, failoverJobId: failover.id, powerOnSource: true });
    return {
      jobId,
      async afterwards(job) {
        await expectJob(stand.db, job, { status: 'completed' });
        const row = await findFailover(stand.db, failover.id);
        expect(row).toMatchObject({ status: 'completed', remaining: null, destinationVmId: null });
        expect(await placementOf(stand, contextId)).toEqual(before);
        expect(control.vm(vm.name).powerState).toBe('poweredOn');
        expect(await vm.wrongDisks()).toEqual([]);
        for (const disk of await vm.disks()) expect(disk.committed_generation).toBe(disk.target_generation);
      },
    };
  },
};

/** Those that the seed chooses, in their order. */
function someSteps(random: Random): typeof rollbackWorkflow {
  const left = [...rollbackWorkflow.steps];
  while (left.length > STEPS_SOME) left.splice(random.between(0, left.length - 1), 1);
  return { ...rollbackWorkflow, steps: left };
}

test('whenever a worker dies, another one completes the rollback as if nobody had died', async () => {
  const random = new Random(SEED);
  const deaths = new StepDeaths<Rollback>(lab.stand, SOME ? someSteps(random) : rollbackWorkflow);
  for (let round = 0; round < ROUNDS; round += 1) {
    await (ALL ? deaths.dieEverywhere(live) : deaths.dieInEachStep(live, random));
    if (!SOME) process.stdout.write(`${live.name}: ${JSON.stringify(deaths.tally)}\n`);
  }
  deaths.expectEveryStep();
});
