import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { MiB } from '../../../src/base/units.ts';
import type { FailoverOptions } from '../../../src/domain/failover/options.ts';
import { findFailover } from '../../../src/db/stores/failover-store.ts';
import type { Failover } from '../../../src/processors/failover/context.ts';
import { failoverWorkflow } from '../../../src/processors/failover/index.ts';
import { liveFailover, placementOf, submitFailover } from '../../support/failovers.ts';
import { expectJob } from '../../support/job-story.ts';
import { noise } from '../../support/nbd-servers.ts';
import { Random } from '../../support/random.ts';
import { StepDeaths, type Scenario } from '../../support/step-deaths.ts';
import { openVsphereStand, VsphereVm, type VsphereStand } from '../../support/vsphere-stand.ts';

/**
 * A worker killed with kill -9 before, in and after the steps of a live failover that shuts its source down: another one
 * completes it, or the way back, and nobody can tell from what is left that somebody died. A few steps by a seed; with
 * FAILOVER_DEATHS=10 in the environment ten rounds of all steps, with FAILOVER_DEATHS=all each moment there is.
 * FAILOVER_SEED=N is the seed. See CONTRIBUTING.md.
 */
const { FAILOVER_DEATHS = 'some' } = process.env;
const ALL = FAILOVER_DEATHS === 'all';
const SOME = FAILOVER_DEATHS === 'some';
const ROUNDS = ALL || SOME ? 1 : Number(FAILOVER_DEATHS);
const SEED = Number(process.env['FAILOVER_SEED'] ?? 20_261_123);
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

async function replicated(): Promise<{ vm: VsphereVm; contextId: string }> {
  const vm = VsphereVm.make(lab, [MiB + 512, MiB]);
  await vm.write(2000, 0, noise(64 * 1024, 1));
  await vm.write(2001, 512, noise(4096, 2));
  await expectJob(lab.stand.db, await vm.replicate(), { status: 'completed' });
  return { vm, contextId: await vm.contextId() };
}

const options = (): FailoverOptions => liveFailover(lab.stand, { powerOffSource: true, performFinalSync: true });

const forward: Scenario = {
  name: 'a live failover',
  async begin() {
    const { vm, contextId } = await replicated();
    await vm.write(2000, 4096, noise(8192, 3));
    const jobId = await submitFailover(lab.stand, contextId, options());
    return {
      jobId,
      async afterwards(job) {
        await expectJob(lab.stand.db, job, { status: 'completed' });
        expect(await findFailover(lab.stand.db, jobId)).toMatchObject({ status: 'completed', remaining: null });
        expect(await placementOf(lab.stand, contextId)).toEqual({
          volumes: [
            { at: 'vm', deviceId: 0 },
            { at: 'vm', deviceId: 1 },
          ],
          modes: ['failover', 'failover'],
          vms: [{ name: vm.name, state: 'Running' }],
          snapshots: 2,
          strays: [],
          context: 'failed_over_live',
        });
        expect(lab.control.vm(vm.name).powerState).toBe('poweredOff');
        expect(await vm.wrongDisks()).toEqual([]);
      },
    };
  },
};

const back: Scenario = {
  name: 'a live failover that cannot start its VM',
  goesBack: true,
  async begin() {
    const { vm, contextId } = await replicated();
    const before = await placementOf(lab.stand, contextId);
    const { faults } = lab.stand.cloud.simulator;
    faults.add({ command: 'startVirtualMachine', kind: 'error', errorCode: 531, errorText: 'injected', times: 20 });
    const jobId = await submitFailover(lab.stand, contextId, options());
    return {
      jobId,
      async afterwards(job) {
        faults.clear();
        await expectJob(lab.stand.db, job, { status: 'failed' });
        expect(await findFailover(lab.stand.db, jobId)).toMatchObject({ status: 'failed', remaining: null });
        expect(await placementOf(lab.stand, contextId)).toEqual(before);
        expect(lab.control.vm(vm.name).powerState).toBe('poweredOn');
        expect(await vm.wrongDisks()).toEqual([]);
      },
    };
  },
};

/** Those that the seed chooses, in their order. */
function someSteps(random: Random): typeof failoverWorkflow {
  const left = [...failoverWorkflow.steps];
  while (left.length > STEPS_SOME) left.splice(random.between(0, left.length - 1), 1);
  return { ...failoverWorkflow, steps: left };
}

test('whenever a worker dies, another one completes the failover, or undoes it, as if nobody had died', async () => {
  const random = new Random(SEED);
  const deaths = new StepDeaths<Failover>(lab.stand, SOME ? someSteps(random) : failoverWorkflow);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const scenario of [forward, back]) {
      await (ALL ? deaths.dieEverywhere(scenario) : deaths.dieInEachStep(scenario, random));
      if (!SOME) process.stdout.write(`${scenario.name}: ${JSON.stringify(deaths.tally)}\n`);
    }
  }
  deaths.expectEveryStep();
});
