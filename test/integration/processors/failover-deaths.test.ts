import { afterAll, beforeAll, jest, test } from '@jest/globals';
import type { Failover } from '../../../src/processors/failover/context.ts';
import { failoverWorkflow } from '../../../src/processors/failover/index.ts';
import { DeathLoop } from '../../support/death-loops.ts';
import { disaster, liveForward, testForward, turnsBack } from '../../support/failover-scenarios.ts';
import { StepDeaths } from '../../support/step-deaths.ts';
import { openVsphereStand, type VsphereStand } from '../../support/vsphere-stand.ts';

/**
 * A worker killed with kill -9 before, in and after the steps of failovers of each kind: another one completes it, or the
 * way back, and nobody can tell from what is left that somebody died. One job of each kind, in which somebody dies in
 * every step, by a seed; with FAILOVER_DEATHS=10 in the environment ten rounds of a job per step, with FAILOVER_DEATHS=all
 * each moment there is. FAILOVER_SEED=N is the seed. See CONTRIBUTING.md.
 */
const loop = new DeathLoop(process.env['FAILOVER_DEATHS'], process.env['FAILOVER_SEED']);
jest.setTimeout(loop.limitMs);

let lab: VsphereStand;
beforeAll(async () => {
  lab = await openVsphereStand({ MIGRATEKIT_RELAY_MS: '30', MIGRATEKIT_RECONCILE_MS: '100' });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

test('whenever a worker dies, another one completes the failover, or undoes it, as if nobody had died', async () => {
  const deaths = new StepDeaths<Failover>(lab.stand, failoverWorkflow);
  const scenarios = [liveForward(lab), turnsBack(lab, 'live'), testForward(lab), turnsBack(lab, 'test'), disaster(lab)];
  await loop.run(deaths, scenarios);
});
