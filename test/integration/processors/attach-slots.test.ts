import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { GiB } from '../../../src/base/units.ts';
import { attachVolume, detachVolume } from '../../../src/cloudstack/volume-changes.ts';
import { createVolume } from '../../../src/cloudstack/volume-creation.ts';
import { listOmaVms } from '../../../src/db/stores/oma-vm-store.ts';
import { findJob, type JobRecord } from '../../../src/db/stores/job-rows.ts';
import { cancel } from '../../../src/queues/cancel.ts';
import type { VolumeDaemon } from '../../../src/volumes/daemon.ts';
import { expectJob } from '../../support/job-story.ts';
import { SmallVm, startOmaVm } from '../../support/oma-vms.ts';
import { openReplicationStand, type ReplicationStand } from '../../support/replication-stand.ts';
import { until } from '../../support/until.ts';

jest.setTimeout(900_000);

/** So the cloud itself refuses what would be one too many. */
const SLOTS = 5;
const OMA_VMS = 3;
const PATIENCE_MS = 400_000;
const WORKERS = { env: { MIGRATEKIT_WORKER_CONCURRENCY: '8' } };

let stand: ReplicationStand;
const daemons: VolumeDaemon[] = [];

beforeAll(async () => {
  stand = await openReplicationStand(
    { MIGRATEKIT_ATTACH_SLOTS: String(SLOTS), MIGRATEKIT_RETRY_FIRST_MS: '300' },
    {},
    { omaVms: OMA_VMS, dataVolumesMax: SLOTS },
  );
  for (const vmId of stand.cloud.simulator.ids.omaVms.slice(1)) daemons.push(await startOmaVm(stand, vmId));
});
afterAll(async () => {
  for (const daemon of daemons) await daemon.close();
  await stand[Symbol.asyncDispose]();
});

interface MappingRow {
  readonly volume_uuid: string;
  readonly vm_id: string;
  readonly device_path: string;
}

/** Looks again and again, while `work` runs, at what is attached where. */
async function watched<T>(work: () => Promise<T>): Promise<T> {
  const { omaVms } = stand.cloud.simulator.ids;
  const ended = new AbortController();
  const look = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const rows = await stand.db('device_mappings').select<MappingRow[]>('volume_uuid', 'vm_id', 'device_path');
      for (const vmId of omaVms) expect(rows.filter((row) => row.vm_id === vmId).length).toBeLessThanOrEqual(SLOTS);
      expect(new Set(rows.map((row) => row.device_path)).size).toBe(rows.length);
      for (const row of rows.filter((each) => !each.device_path.startsWith('remote-'))) {
        expect(row.device_path).toBe(stand.cloud.simulator.volumePath(row.volume_uuid));
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const looking = look();
  try {
    return await Promise.race([work(), looking.then(() => Promise.reject(new Error('nobody looks any more')))]);
  } finally {
    ended.abort();
    await looking;
  }
}

async function replicateAll(vms: readonly SmallVm[]): Promise<JobRecord[]> {
  const ids: string[] = [];
  for (const vm of vms) ids.push(await vm.submit());
  return stand.withWorker(async () => {
    for (const id of ids) {
      const isEnded = async (): Promise<boolean> => (await findJob(stand.db, id))?.dispatchState === 'closed';
      await until(isEnded, { withinMs: PATIENCE_MS, what: `the end of ${id}` });
    }
    return Promise.all(ids.map((id) => stand.ended(id)));
  }, WORKERS);
}

async function expectWhole(vms: readonly SmallVm[], jobs: readonly JobRecord[]): Promise<void> {
  for (const job of jobs) await expectJob(stand.db, job, { status: 'completed' });
  for (const vm of vms) {
    const { source, target } = await vm.hashes();
    expect(target).toEqual(source);
  }
}

/** Volumes that were detached to make room while a job that had slots for them had not ended. */
const evictedInUse = (): Promise<unknown[]> =>
  stand
    .db('job_tracking as child')
    .join('volume_operations as operation', 'operation.id', 'child.id')
    .join('slot_holds as hold', 'hold.volume_id', 'operation.volume_id')
    .join('slot_requests as request', 'request.job_id', 'hold.job_id')
    .join('job_tracking as holder', 'holder.id', 'request.job_id')
    .where('child.child_key', 'like', 'evict %')
    .whereRaw('request.granted_at < child.completed_at and holder.completed_at > child.created_at')
    .select('operation.volume_id', 'holder.id');

test('50 volumes over 3 OMA VMs with 5 slots each: each on its own device, nobody overtaken, nobody starved', async () => {
  const sizes = Array.from({ length: 20 }, (_none, index) => 1 + (index % 4));
  const vms: SmallVm[] = [];
  for (const [index, disks] of sizes.entries()) vms.push(await SmallVm.make(stand, `vm-${index}`, disks));
  expect(sizes.reduce((sum, disks) => sum + disks, 0)).toBe(50);

  const jobs = await watched(() => replicateAll(vms));
  await expectWhole(vms, jobs);
  const volumeIds = (await Promise.all(vms.map((vm) => vm.volumeIds()))).flat();
  expect(new Set(volumeIds).size).toBe(50);

  // What was attached last is used again where it is; the rest comes back, wherever there is room.
  const again = vms.filter((_vm, index) => index % 5 === 0);
  for (const vm of again) await vm.write(0);
  const next = await watched(() => replicateAll(again));
  await expectWhole(again, next);
  for (const job of next) expect(JSON.parse(job.resultJson ?? 'null')).toMatchObject({ type: 'incremental' });

  const asked = await stand.db('slot_requests').orderBy('seq').select<{ granted_at: Date; grants: number }[]>();
  expect(asked.map((row) => row.grants)).toEqual(asked.map(() => 1));
  const granted = asked.map((row) => row.granted_at.getTime());
  expect(granted).toEqual(granted.toSorted((a, b) => a - b));
  expect(await evictedInUse()).toEqual([]);
  const used = await stand.db('slot_requests').distinct('oma_vm_id').select();
  expect(used).toHaveLength(OMA_VMS);
});

test('a VM with more disks than any OMA VM has slots is refused, with what to do about it', async () => {
  const vm = await SmallVm.make(stand, 'vm-huge', SLOTS + 1);
  const jobId = await vm.submit();
  const job = await stand.withWorker(() => stand.ended(jobId));
  expect(job).toMatchObject({ status: 'failed', errorCode: 'replication.too-many-disks' });
  expect(job.errorMessage).toBe(`the VM has 6 disks, but no OMA VM has more than ${SLOTS} attach slots`);
});

const operationOf = async (jobId: string): Promise<string> => {
  const [operation] = await stand.db('replication_jobs').where({ id: jobId }).pluck<string[]>('current_operation');
  return operation ?? '';
};

test('where disks of others take the room CloudStack refuses, the job waits visibly, and a cancel ends it', async () => {
  const { client, simulator } = stand.cloud;
  const { zone, diskOffering, omaVms } = simulator.ids;
  const foreign: { volumeId: string; vmId: string }[] = [];
  await stand.db('device_mappings').delete();
  for (const volume of simulator.world.volumes.filter((each) => omaVms.some((vmId) => vmId === each.vmId))) {
    if (volume.type === 'DATADISK') await detachVolume(client, { volumeId: volume.id, vmId: volume.vmId ?? '' });
  }
  for (const vmId of omaVms) {
    for (let count = 1; count < SLOTS; count += 1) {
      const name = `foreign ${vmId} ${count}`;
      const intent = { name, zoneId: zone, diskOfferingId: diskOffering, sizeBytes: GiB };
      const volumeId = (await createVolume(client, intent)).id;
      await attachVolume(client, { volumeId, vmId });
      foreign.push({ volumeId, vmId });
    }
  }
  await stand.db('oma_vms').update({ foreign_disks: 0 });
  const vm = await SmallVm.make(stand, 'vm-waits', 2);
  const jobId = await vm.submit();
  await stand.withWorker(async () => {
    await until(async () => (await operationOf(jobId)).endsWith(': disks of others take too many'), {
      withinMs: 60_000,
      what: 'a job that waits for slots',
    });
    expect(await findJob(stand.db, jobId)).toMatchObject({
      errorCode: 'replication.waits-for-slots',
      status: 'running',
    });
    // Found out by a refusal, or told by the daemon, which looks once a minute.
    const rooms = (await listOmaVms(stand.db)).map((each) => each.roomSeen ?? SLOTS - each.foreignDisks);
    // Too little for two; how much was attached at that moment is not ours to say.
    for (const room of rooms) expect(room).toBeLessThan(2);
    await cancel(stand.ledger, jobId, { reason: 'tired of waiting' });
    expect(await stand.ended(jobId)).toMatchObject({ status: 'cancelled' });
  });

  // Room again: the belief ends by itself after a while, here by hand.
  for (const each of foreign) await detachVolume(client, each);
  await stand.db('oma_vms').update({ room_seen_at: new Date(0), foreign_disks: 0 });
  const next = await vm.submit();
  await expectWhole([vm], [await stand.withWorker(() => stand.ended(next))]);
});
