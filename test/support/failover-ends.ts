import { expect } from '@jest/globals';
import { findFailover } from '../../src/db/stores/failover-store.ts';
import type { JobRecord } from '../../src/db/stores/job-rows.ts';
import { Leftover } from '../../src/domain/failover/leftover.ts';
import type { ReplicaOfVsphere } from './failover-scenarios.ts';
import { placementOf } from './failovers.ts';
import { expectJob } from './job-story.ts';
import { noise } from './nbd-servers.ts';
import type { VsphereStand } from './vsphere-stand.ts';

/** Whether what a failover, or its rollback, left is what it says: looked at from outside, however it ended. */

export interface Judged extends ReplicaOfVsphere {
  readonly lab: VsphereStand;
  readonly failoverJobId: string;
}

/**
 * Nothing is left, or all of it is named. With `isLate` an order that nobody waits for any more may have taken a volume
 * off its appliance: the next cycle, which its caller looks at, has to find it.
 * @returns undone: as if nobody had asked; left: a person has to see to it
 */
export async function judgeFailed(it: Judged, job: JobRecord, isLate = false): Promise<'undone' | 'left'> {
  const { lab, contextId, before, vm } = it;
  expect(job.status).toBe('failed');
  const row = await findFailover(lab.stand.db, it.failoverJobId);
  expect(row?.status).toBe('failed');
  const named = Leftover.array().parse(row?.remaining ?? []);
  const now = await placementOf(lab.stand, contextId);
  if (named.length === 0) {
    const isTaken = (index: number): boolean => isLate && now.volumes[index]?.at === 'nowhere';
    const volumes = before.volumes.map((volume, index) => (isTaken(index) ? now.volumes[index] : volume));
    expect(now).toEqual({ ...before, volumes });
    expect(lab.control.vm(vm.name).powerState).toBe('poweredOn');
    expect(await untrue(it)).toEqual([]);
    return 'undone';
  }
  expect(now.context).toBe('cleanup_required');
  expect({ unnamed: await unnamed(it, named), named }).toEqual({ unnamed: [], named });
  return 'left';
}

/** After a final sync: one VM, running on our volumes, which hold all that the source holds; that is as it was asked. */
export async function judgeStanding(it: Judged, source: 'poweredOn' | 'poweredOff'): Promise<void> {
  const { lab, contextId, vm } = it;
  const now = await placementOf(lab.stand, contextId);
  expect(now).toMatchObject({
    volumes: [
      { at: 'vm', deviceId: 0 },
      { at: 'vm', deviceId: 1 },
    ],
    modes: ['failover', 'failover'],
    vms: [{ state: 'Running' }],
    snapshots: 2,
    strays: [],
  });
  expect(lab.control.vm(vm.name).powerState).toBe(source);
  expect(await vm.wrongDisks()).toEqual([]);
  expect(await vm.behind()).toEqual([]);
}

/** Disks that count as copied and are not. */
export async function untrue({ vm }: Judged): Promise<string[]> {
  const wrong = await vm.wrongDisks();
  const disks = await vm.disks();
  return disks
    .filter((disk) => wrong.includes(disk.disk_id) && disk.committed_generation === disk.target_generation)
    .map((disk) => disk.disk_id);
}

/** What a stranger finds that was not there before, and that nothing in `named` speaks of. */
async function unnamed(it: Judged, named: readonly Leftover[]): Promise<string[]> {
  const { lab, contextId, vm } = it;
  const { world } = lab.stand.cloud.simulator;
  const said = JSON.stringify(named);
  const ours = await lab.stand.db('ossea_volumes').where({ vm_context_id: contextId }).pluck<string[]>('volume_id');
  const snapshots = world.snapshots.filter(({ volumeId, id, state }) => {
    return state !== 'Error' && ours.includes(volumeId) && !said.includes(id) && !said.includes(volumeId);
  });
  const vms = world.vms.filter(({ name, id, state }) => {
    return name.startsWith(vm.name) && !['Destroyed', 'Expunging', 'Expunged'].includes(state) && !said.includes(id);
  });
  const away = world.volumes.filter(({ id, vmId }) => {
    return ours.includes(id) && vmId !== null && !world.omaVmIds.includes(vmId) && !said.includes(id);
  });
  const isOff = lab.control.vm(vm.name).powerState === 'poweredOff';
  return [
    ...snapshots.map(({ id }) => `snapshot ${id}`),
    ...vms.map(({ name }) => `VM ${name}`),
    ...away.map(({ id }) => `volume ${id}`),
    ...(isOff && !named.some(({ kind }) => kind === 'source-power') ? ['the source is off'] : []),
    ...(await untrue(it)).map((disk) => `${disk} is taken for a copy`),
    ...(await placementOf(lab.stand, contextId)).strays
      .filter((stray) => !said.includes(stray.split(' ').at(-1) ?? stray))
      .map((stray) => `stray ${stray}`),
  ];
}

/** After a rollback or a clean-up: as it was before the failover, and fit for the next cycle. */
export async function expectBack(it: Judged): Promise<void> {
  const { lab } = it;
  const now = await placementOf(lab.stand, it.contextId);
  // A disk that nobody could set back is to be copied in full first.
  const isWhole = now.context !== 'failed';
  expect(now).toEqual({ ...it.before, ...(isWhole ? {} : { context: 'failed' }) });
  expect(lab.control.vm(it.vm.name).powerState).toBe('poweredOn');
  expect(await untrue(it)).toEqual([]);
  if (isWhole) expect(await it.vm.wrongDisks()).toEqual([]);
  await expectNextCycle(it);
}

export async function expectNextCycle({ lab, vm, contextId, before }: Judged): Promise<void> {
  await vm.write(2000, 4096, noise(8192, Date.now()));
  await expectJob(lab.stand.db, await lab.stand.ended(await vm.submit()), { status: 'completed' });
  expect(await vm.wrongDisks()).toEqual([]);
  expect(vm.leftSnapshots()).toEqual([]);
  expect(await placementOf(lab.stand, contextId)).toEqual(before);
}
