import { expect } from '@jest/globals';
import { overlaysLeft } from './committed-point.ts';
import type { ReplicatedVm } from './replicated-vm.ts';
import type { ReplicationStand } from './replication-stand.ts';
import { until } from './until.ts';

/** Looks at a replica as an outsider does, after a job that ended: what is there, and what must not be there any more. */

const NOTHING = { sessions: 0, exports: 0, currentJob: null, activeJobs: 0 };

/** Every job has ended, also what this one left to others, and with them every hold of a slot. */
export async function untilAllEnded({ db }: ReplicationStand): Promise<void> {
  const open = (): Promise<string[]> => db('job_tracking').whereNot('dispatch_state', 'closed').pluck<string[]>('id');
  await until(async () => (await open()).length === 0, { withinMs: 60_000, what: 'the end of all jobs' });
}

/** One volume per disk, with the bytes of the disk; each mapped to its own device; nothing else of the job. */
export async function expectWhole(stand: ReplicationStand, vm: ReplicatedVm): Promise<void> {
  await untilAllEnded(stand);
  await until(async () => (await overlaysLeft(stand)).length === 0, { withinMs: 60_000, what: 'no overlay' });
  expect(await vm.leftovers()).toEqual(NOTHING);
  await expectOneVolumePerDisk(stand, vm);
  const { source, target } = await vm.hashes();
  expect(target).toEqual(source);
}

export async function expectOneVolumePerDisk(stand: ReplicationStand, vm: ReplicatedVm): Promise<void> {
  const { db, cloud } = stand;
  const { world, ids } = cloud.simulator;
  const contextId = await vm.contextId();
  const volumes = world.volumes.filter(({ name }) => name.includes(contextId));
  const disks = await vm.disks();
  const volumeIds = volumes.map(({ id }) => id).toSorted();
  expect(volumeIds).toHaveLength(disks.length);
  const rows = await db('ossea_volumes as volume')
    .join('vm_disks as disk', 'disk.ossea_volume_id', 'volume.id')
    .where('disk.vm_context_id', contextId)
    .orderBy('volume.volume_id')
    .select<object[]>('volume.volume_id', 'volume.state', 'volume.vm_id', 'volume.device_path');
  const path = (id: string): string => cloud.simulator.volumePath(id);
  expect(rows).toEqual(
    volumeIds.map((id) => ({ volume_id: id, state: 'attached', vm_id: ids.omaVm, device_path: path(id) })),
  );
  expect(volumes.map(({ vmId, state }) => ({ vmId, state }))).toEqual(
    disks.map(() => ({ vmId: ids.omaVm, state: 'Ready' })),
  );
  const mappings = await db('device_mappings')
    .whereIn('volume_uuid', volumeIds)
    .orderBy('volume_uuid')
    .select<object[]>('volume_uuid', 'vm_id', 'operation_mode', 'cloudstack_state', 'linux_state', 'device_path');
  expect(mappings).toEqual(
    volumeIds.map((id) => ({
      volume_uuid: id,
      vm_id: ids.omaVm,
      operation_mode: 'oma',
      cloudstack_state: 'attached',
      linux_state: 'detected',
      device_path: path(id),
    })),
  );
}

/** What the commit of this job says of the disks, and that it is what later cycles start from. */
export async function expectCommitted({ db }: ReplicationStand, vm: ReplicatedVm, jobId: string): Promise<void> {
  const history = await db('cbt_history')
    .where({ job_id: jobId })
    .orderBy('disk_id')
    .select('disk_id', 'change_id', 'sync_success');
  const disks = await vm.disks();
  expect(history).toEqual(
    disks.map((disk) => ({ disk_id: disk.disk_id, change_id: disk.disk_change_id, sync_success: 1 })),
  );
  for (const disk of disks) {
    expect(disk.disk_change_id).toEqual(expect.any(String));
    expect(disk).toMatchObject({ dirty_since: null, committed_generation: disk.target_generation });
  }
}
