import { expect } from '@jest/globals';
import { MiB } from '../../src/base/units.ts';
import { findFailover } from '../../src/db/stores/failover-store.ts';
import type { FailoverOptions } from '../../src/domain/failover/options.ts';
import { liveFailover, placementOf, submitFailover, testFailover, type Placement } from './failovers.ts';
import { expectJob } from './job-story.ts';
import { noise } from './nbd-servers.ts';
import type { Scenario, Trial } from './step-deaths.ts';
import { VsphereVm, type VsphereStand } from './vsphere-stand.ts';

/** Failovers of each kind, forward and back, for whoever disturbs them. */

export interface ReplicaOfVsphere {
  readonly vm: VsphereVm;
  readonly contextId: string;
  readonly before: Placement;
}

/** A VM of two disks whose first cycle is behind it. */
export async function replicaIn(lab: VsphereStand): Promise<ReplicaOfVsphere> {
  const vm = VsphereVm.make(lab, [MiB + 512, MiB]);
  await vm.write(2000, 0, noise(64 * 1024, 1));
  await vm.write(2001, 512, noise(4096, 2));
  await expectJob(lab.stand.db, await vm.replicate(), { status: 'completed' });
  const contextId = await vm.contextId();
  return { vm, contextId, before: await placementOf(lab.stand, contextId) };
}

/** Of a failover that stands: exactly one VM, that runs, on all of our volumes. */
export const standingPlacement = (vms: Placement['vms'], context: string): Placement => ({
  volumes: [
    { at: 'vm', deviceId: 0 },
    { at: 'vm', deviceId: 1 },
  ],
  modes: ['failover', 'failover'],
  vms,
  snapshots: 2,
  strays: [],
  context,
});

/** With its source, which is shut down, and what that wrote last. */
export const liveForward = (lab: VsphereStand): Scenario => ({
  name: 'a live failover',
  async begin() {
    const replica = await replicaIn(lab);
    const { vm, contextId } = replica;
    await vm.write(2000, 4096, noise(8192, 3));
    const options = liveFailover(lab.stand, { powerOffSource: true, performFinalSync: true });
    return trial(lab, { contextId, options }, async (jobId) => {
      expect(await findFailover(lab.stand.db, jobId)).toMatchObject({ lossSeconds: 0 });
      const vms = [{ name: vm.name, state: 'Running' }];
      expect(await placementOf(lab.stand, contextId)).toEqual(standingPlacement(vms, 'failed_over_live'));
      expect(lab.control.vm(vm.name).powerState).toBe('poweredOff');
      expect(await vm.wrongDisks()).toEqual([]);
      expect(await vm.behind()).toEqual([]);
    });
  },
});

/** Nothing of the source answers. */
export const disaster = (lab: VsphereStand): Scenario => ({
  name: 'a disaster failover',
  isVariant: true,
  async begin() {
    const { vm, contextId } = await replicaIn(lab);
    lab.control.faults.add({ method: '*', kind: 'drop-before', times: 100_000 });
    return trial(lab, { contextId, options: liveFailover(lab.stand) }, async () => {
      lab.control.faults.clear();
      const vms = [{ name: vm.name, state: 'Running' }];
      expect(await placementOf(lab.stand, contextId)).toEqual(standingPlacement(vms, 'failed_over_live'));
      expect(lab.control.vm(vm.name).powerState).toBe('poweredOn');
      expect(await vm.wrongDisks()).toEqual([]);
    });
  },
});

export const testForward = (lab: VsphereStand): Scenario => ({
  name: 'a test failover',
  isVariant: true,
  async begin() {
    const { vm, contextId } = await replicaIn(lab);
    const options = testFailover(lab.stand, { testDurationMs: 3_600_000 });
    return trial(lab, { contextId, options }, async (jobId) => {
      expect((await findFailover(lab.stand.db, jobId))?.testExpiresAt).toBeInstanceOf(Date);
      const vms = [{ name: expect.stringMatching(new RegExp(`^${vm.name}-test-\\d+$`)), state: 'Running' }];
      expect(await placementOf(lab.stand, contextId)).toEqual(standingPlacement(vms as never, 'failed_over_test'));
      expect(lab.control.vm(vm.name).powerState).toBe('poweredOn');
      expect(await vm.wrongDisks()).toEqual([]);
    });
  },
});

/** Turns back at the last moment: all of its steps are undone, and nobody can tell. */
export const turnsBack = (lab: VsphereStand, of: 'live' | 'test'): Scenario => ({
  name: `a ${of} failover that cannot start its VM`,
  goesBack: true,
  isVariant: of === 'test',
  async begin() {
    const { vm, contextId, before } = await replicaIn(lab);
    const { faults } = lab.stand.cloud.simulator;
    faults.add({ command: 'startVirtualMachine', kind: 'error', errorCode: 531, errorText: 'injected', times: 20 });
    const options =
      of === 'test'
        ? testFailover(lab.stand)
        : liveFailover(lab.stand, { powerOffSource: true, performFinalSync: true });
    const jobId = await submitFailover(lab.stand, contextId, options);
    return {
      jobId,
      async afterwards(job) {
        faults.clear();
        await expectJob(lab.stand.db, job, { status: 'failed' });
        expect(await findFailover(lab.stand.db, jobId)).toMatchObject({ status: 'failed', remaining: null });
        expect(await placementOf(lab.stand, contextId)).toEqual(before);
        expect(lab.control.vm(vm.name).powerState).toBe('poweredOn');
        expect(await vm.wrongDisks()).toEqual([]);
        expect(vm.leftSnapshots()).toEqual([]);
      },
    };
  },
});

async function trial(
  lab: VsphereStand,
  { contextId, options }: { readonly contextId: string; readonly options: FailoverOptions },
  afterwards: (jobId: string) => Promise<void>,
): Promise<Trial> {
  const jobId = await submitFailover(lab.stand, contextId, options);
  return {
    jobId,
    async afterwards(job) {
      await expectJob(lab.stand.db, job, { status: 'completed' });
      expect(await findFailover(lab.stand.db, jobId)).toMatchObject({ status: 'completed', remaining: null });
      await afterwards(jobId);
    },
  };
}
