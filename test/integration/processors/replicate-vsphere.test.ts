import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { upstream } from '../../../src/base/errors.ts';
import { KiB, MiB } from '../../../src/base/units.ts';
import type { JobRecord } from '../../../src/db/stores/job-rows.ts';
import { findContext } from '../../../src/db/stores/context-store.ts';
import { copyFacts } from '../../../src/db/stores/usable-copy.ts';
import type { Control } from '../../../src/lab/vcenter/control/control.ts';
import type { Fault } from '../../../src/lab/vcenter/faults.ts';
import type { ReplicateDeps } from '../../../src/processors/replicate/context.ts';
import { ReplicationResult } from '../../../src/queues/jobs/replicate.ts';
import { expectJob } from '../../support/job-story.ts';
import { noise } from '../../support/nbd-servers.ts';
import { openVsphereStand, VsphereVm, type VsphereDiskRow, type VsphereStand } from '../../support/vsphere-stand.ts';

jest.setTimeout(180_000);

/** Neither is a multiple of what changes are tracked in. */
const SIZES = [3 * MiB + 512, 2 * MiB + 1536];
/** Nobody waits here: jobs are handed on at once. */
const HASTE = { MIGRATEKIT_RELAY_MS: '30', MIGRATEKIT_RECONCILE_MS: '100' };

let lab: VsphereStand;
let stopWorker = (): void => undefined;
let worker: Promise<void>;
/** Called before the areas of a disk are asked for, once. */
let beforeAreas: (() => Promise<void> | void) | undefined;
let settings: Partial<ReplicateDeps> = {};

beforeAll(async () => {
  lab = await openVsphereStand(HASTE);
  const stopped = new Promise<void>((resolve) => (stopWorker = resolve));
  worker = lab.stand.withWorker(() => stopped, { deps: watched });
});
afterEach(() => {
  beforeAreas = undefined;
  settings = {};
  lab.control.faults.clear();
});
afterAll(async () => {
  stopWorker();
  await worker;
  await lab[Symbol.asyncDispose]();
});

/** The worker's own deps, with what a test has put between. */
function watched(deps: ReplicateDeps): ReplicateDeps {
  const vma: ReplicateDeps['vma'] = {
    ...deps.vma,
    async *areas(...args) {
      const before = beforeAreas;
      beforeAreas = undefined;
      await before?.();
      yield* deps.vma.areas(...args);
    },
  };
  return {
    ...deps,
    vma,
    get fullResyncByHash() {
      return settings.fullResyncByHash ?? deps.fullResyncByHash;
    },
    get compareEveryDays() {
      return settings.compareEveryDays ?? deps.compareEveryDays;
    },
  };
}

interface Cycle {
  readonly job: JobRecord;
  readonly disks: readonly VsphereDiskRow[];
}

async function cycle(vm: VsphereVm, more: object = {}): Promise<Cycle> {
  const job = await lab.stand.ended(await vm.submit(more));
  return { job, disks: await vm.disks() };
}

/** A cycle that ends well, with every target as the vCenter says its snapshot was. */
async function goodCycle(vm: VsphereVm, more: object = {}): Promise<Cycle> {
  const done = await cycle(vm, more);
  await expectJob(lab.stand.db, done.job, { status: 'completed' });
  expect(await vm.wrongDisks()).toEqual([]);
  expect(vm.leftSnapshots()).toEqual([]);
  return done;
}

/** A VM with a whole replica, and then a few bytes written to its first disk. */
async function replica(sizes: readonly number[] = SIZES): Promise<VsphereVm> {
  const vm = VsphereVm.make(lab, sizes);
  await vm.write(2000, MiB, noise(300 * KiB, 1));
  await goodCycle(vm);
  await vm.write(2000, 70 * KiB, noise(100, 2));
  return vm;
}

let common: VsphereVm | undefined;

/** One with a single disk that many tests share: whatever was done to it, its last cycle ended well. */
async function commonReplica(): Promise<VsphereVm> {
  common ??= await replica([3 * MiB + 512]);
  await common.write(2000, 90 * KiB, noise(100, Date.now()));
  return common;
}

const bytesOf = ({ job }: Cycle): number =>
  ReplicationResult.parse(JSON.parse(job.resultJson ?? 'null')).bytesTransferred;
const modes = ({ disks }: Cycle): unknown[] => disks.map((disk) => disk.last_sync_mode);

describe('a VM of a vCenter', () => {
  test('is copied in full, then by its changes, which are kept with what they were told of', async () => {
    const vm = await replica();
    const second = await goodCycle(vm);
    expect(modes(second)).toEqual(['incremental', 'incremental']);
    // The block that was written, and nothing of the other disk.
    expect(bytesOf(second)).toBeGreaterThan(0);
    expect(bytesOf(second)).toBeLessThanOrEqual(64 * KiB);
    // They are kept with what they were told of.
    const { job, disks } = second;
    const [disk] = disks;
    const row = lab.control.disk(vm.name, 2000);
    expect(disk).toMatchObject({
      commit_job_id: job.id,
      commit_device_key: 2000,
      commit_backing_uuid: row.backingUuid,
      commit_object_id: row.diskObjectId,
      commit_capacity_bytes: SIZES[0],
      disk_change_id: expect.stringMatching(/\/\d+$/),
    });
    const context = await lab.stand.db('vm_replication_contexts').where({ context_id: await vm.contextId() });
    expect(context).toMatchObject([
      { commit_job_id: job.id, commit_instance_uuid: lab.control.vm(vm.name).instanceUuid },
    ]);
  });

  test('is not asked for without an account for its vCenter, and the job says so', async () => {
    const vm = await commonReplica();
    await lab.stand.db('vmware_credentials').update({ is_active: false });
    const { job } = await cycle(vm).finally(() => lab.stand.db('vmware_credentials').update({ is_active: true }));
    expect(job).toMatchObject({ status: 'failed', errorCode: 'credential.missing' });
  });
});

type Event = (vm: VsphereVm, control: Control) => Promise<unknown> | void;

const struck =
  (fault: Fault): Event =>
  (_vm, { faults }) =>
    faults.add(fault);
const answered = (kind: 'areas-misplaced' | 'areas-overlapping' | 'areas-short' | 'areas-outside'): Event =>
  struck({ method: 'QueryChangedDiskAreas', kind });
const refused = (fault: string): Event => struck({ method: 'QueryChangedDiskAreas', kind: 'fault', fault });

async function revertAndForget(vm: VsphereVm, control: Control): Promise<void> {
  const { id } = await control.snapshot(vm.name, { name: 'before the update' });
  await vm.write(2000, 2 * MiB, noise(1000, 3));
  await control.revert(vm.name, id);
  await control.removeSnapshot(vm.name, id);
}

/** Without snapshots, and without what is left of them. */
async function backToNormal(vm: VsphereVm): Promise<void> {
  const { snapshots } = lab.control.vm(vm.name);
  for (const { id } of snapshots) await lab.control.removeSnapshot(vm.name, id);
  if (snapshots.length > 0) await goodCycle(vm);
}

async function switchOff(vm: VsphereVm, control: Control): Promise<void> {
  control.edit(vm.name, (row) => {
    row.isTrackingEnabled = false;
    for (const disk of row.disks) disk.tracking = null;
  });
  await vm.write(2000, 2 * MiB + 200 * KiB, noise(500, 4));
}

describe('what makes the changes of a disk worthless is found out by hash instead', () => {
  test.each<[string, string, Event]>([
    ['its tracking was begun anew', 'cbt.lineage-changed', (vm, c) => c.damageTracking(vm.name, 2000, 'new-lineage')],
    [
      'the file of its tracking is damaged',
      'cbt.areas-refused',
      (vm, c) => c.damageTracking(vm.name, 2000, 'file-fault'),
    ],
    ['tracking was off for a while', 'cbt.just-enabled', switchOff],
    ['the VM was reverted', 'cbt.reverted', revertAndForget],
    [
      'the VM has a snapshot of somebody else',
      'cbt.foreign-snapshot',
      (vm, c) => c.snapshot(vm.name, { name: 'backup' }),
    ],
    ['the disk was enlarged', 'cbt.capacity-grown', (vm, c) => c.grow(vm.name, 2000, 5 * MiB + 512)],
    ['vSphere does not know the changeId', 'cbt.areas-refused', refused('InvalidArgument')],
    ['an answer is about another place', 'cbt.areas-misplaced', answered('areas-misplaced')],
    ['the areas of an answer overlap', 'cbt.areas-disordered', answered('areas-overlapping')],
    ['an answer is of no length', 'cbt.areas-stuck', answered('areas-short')],
    ['an area reaches beyond its answer', 'cbt.areas-outside', answered('areas-outside')],
  ])('%s', async (_what, code, event) => {
    const vm = await commonReplica();
    await event(vm, lab.control);
    const done = await goodCycle(vm);
    expect(done.disks[0]).toMatchObject({
      last_sync_mode: 'full',
      last_full_reason: expect.stringMatching(new RegExp(`\\(${code}\\); compared by hash$`)),
    });
    const history = await lab.stand.db('cbt_history').where({ job_id: done.job.id, disk_id: 'disk-2000' });
    expect(history).toMatchObject([{ sync_success: 1, reason: expect.stringContaining(code) }]);
    // Not all of it was moved.
    expect(bytesOf(done)).toBeLessThan(3 * MiB);
    await backToNormal(vm);
  });

  test('a disk that has outgrown its volume, which grows with it', async () => {
    const vm = await replica();
    await lab.control.grow(vm.name, 2000, 1024 * MiB + 512);
    const done = await goodCycle(vm);
    expect(modes(done)).toEqual(['full', 'incremental']);
    const rows = lab.stand
      .db('ossea_volumes')
      .where({ vm_context_id: await vm.contextId() })
      .orderBy('name');
    await expect(rows.pluck<number[]>('size_gb')).resolves.toEqual([2, 1]);
    expect(modes(await goodCycle(vm))).toEqual(['incremental', 'incremental']);
  });

  test('and what a snapshot of somebody else leaves open is compared once more after it went', async () => {
    const vm = await replica();
    const { id } = await lab.control.snapshot(vm.name, { name: 'backup' });
    await goodCycle(vm);
    await vm.write(2001, 0, noise(700, 5));
    await lab.control.revert(vm.name, id);
    await lab.control.removeSnapshot(vm.name, id);
    const after = await goodCycle(vm);
    expect(modes(after)).toEqual(['full', 'full']);
    expect(modes(await goodCycle(vm))).toEqual(['incremental', 'incremental']);
  });

  test('or copied whole, when there are no hashes either', async () => {
    const vm = await commonReplica();
    settings = { fullResyncByHash: false };
    lab.control.faults.add({ method: 'QueryChangedDiskAreas', kind: 'areas-misplaced' });
    const { disks } = await goodCycle(vm);
    expect(disks).toMatchObject([{ last_full_reason: expect.stringMatching(/\(cbt\.areas-misplaced\)$/) }]);
  });
});

describe('what passes does not cost a copy of everything', () => {
  test.each<[string, number, (vm: VsphereVm) => Promise<void> | void]>([
    ['a session at the vCenter that expires', 1, () => lab.control.expireSessions()],
    [
      'an answer that gets lost',
      2,
      () => lab.control.faults.add({ method: 'QueryChangedDiskAreas', kind: 'drop-after' }),
    ],
    [
      'a VMA that is away',
      2,
      () => {
        throw upstream('vma.unreachable', 'the VMA does not answer');
      },
    ],
    [
      'a snapshot that somebody removes',
      2,
      async (vm) => {
        for (const id of vm.leftSnapshots()) await lab.control.removeSnapshot(vm.name, id);
      },
    ],
    [
      'a source session that is gone',
      2,
      async (vm) => {
        const sessions = await lab.stand.vma.listSessions();
        const mine = sessions.find((session) => session.vm.endsWith(vm.name));
        await lab.stand.vma.endSession(mine?.session_id ?? '', { epoch: mine?.epoch ?? 0, committed: false });
      },
    ],
  ])('%s', async (_what, attempts, event) => {
    const vm = await commonReplica();
    beforeAreas = () => event(vm);
    const done = await goodCycle(vm);
    expect(modes(done)).toEqual(['incremental']);
    expect(done.job.attempt).toBeLessThanOrEqual(attempts);
    expect(bytesOf(done)).toBeLessThanOrEqual(128 * KiB);
  });

  test('a snapshot of ours whose making was never confirmed', async () => {
    const vm = await commonReplica();
    lab.control.faults.add({ method: 'CreateSnapshot_Task', kind: 'drop-after' });
    expect(modes(await goodCycle(vm))).toEqual(['incremental']);
  });
});

describe('the disks of a VM', () => {
  test('that were moved to another datastore are believed, and compared in the next cycle', async () => {
    const vm = await commonReplica();
    lab.control.edit(vm.name, (row) => {
      for (const disk of row.disks) disk.fileName = disk.fileName.replace('datastore1', 'datastore2');
    });
    const moved = await goodCycle(vm);
    expect(modes(moved)).toEqual(['incremental']);
    expect(moved.disks[0]).toMatchObject({ verify_reason: expect.stringContaining('cbt.moved') });
    // Verification says nothing of what was not copied: the doubt stays.
    const verified = await goodCycle(vm, { verify: 'full' });
    expect(modes(verified)).toEqual(['incremental']);
    const compared = await goodCycle(vm);
    const reason = expect.stringMatching(/\(cbt\.moved\) \(cbt\.doubted\); compared by hash$/);
    expect(compared.disks[0]).toMatchObject({ last_full_reason: reason, verify_reason: null });
    expect(modes(await goodCycle(vm))).toEqual(['incremental']);
  });

  test('are compared when that was not done for the days that are set', async () => {
    const vm = await commonReplica();
    const rows = lab.stand.db('vm_disks').where({ vm_context_id: await vm.contextId() });
    await rows.clone().update({ verified_at: new Date(Date.now() - 50 * 60 * 60_000) });
    settings = { compareEveryDays: 3 };
    expect(modes(await goodCycle(vm))).toEqual(['incremental']);
    settings = { compareEveryDays: 2 };
    const { disks } = await goodCycle(vm);
    expect(disks[0]).toMatchObject({ last_full_reason: expect.stringContaining('cbt.comparison-due') });
    expect(modes(await goodCycle(vm))).toEqual(['incremental']);
  });

  test('are copied in full when another one was put in the place of one', async () => {
    const vm = await replica();
    const [, size = 0] = SIZES;
    await lab.control.replaceDisk(vm.name, 2001, { capacityBytes: size });
    await vm.write(2001, 1000, noise(50 * KiB, 6));
    const { disks } = await goodCycle(vm);
    expect(disks[1]).toMatchObject({ last_full_reason: expect.stringMatching(/\(cbt\.disk-replaced\)$/) });
    expect(disks[0]).toMatchObject({ last_sync_mode: 'incremental' });
  });

  test('may become more and fewer', async () => {
    const vm = await replica();
    await lab.control.addDisk(vm.name, { capacityBytes: MiB });
    await vm.write(2002, 10, noise(20 * KiB, 7));
    expect((await goodCycle(vm)).disks).toMatchObject([
      { last_sync_mode: 'incremental' },
      { last_sync_mode: 'incremental' },
      { last_sync_mode: 'full', last_full_reason: expect.stringContaining('cbt.disk-added') },
    ]);
    await lab.control.removeDisk(vm.name, 2001);
    await vm.write(2002, 10, noise(100, 8));
    const fewer = await goodCycle(vm);
    const kept = fewer.disks.filter((disk) => disk.disk_id !== 'disk-2001');
    expect(kept.map((disk) => disk.last_sync_mode)).toEqual(['incremental', 'incremental']);
  });

  test('that nobody replicates are named at the VM, until they are gone', async () => {
    const vm = await replica();
    const contextId = await vm.contextId();
    const named = async (): Promise<unknown> => (await findContext(lab.stand.db, contextId))?.unreplicatedDisks;
    expect(await named()).toBeNull();
    const replicateKnown = async (): Promise<void> => {
      const job = await lab.stand.ended(await lab.stand.submit({ context_id: contextId }));
      await expectJob(lab.stand.db, job, { status: 'completed' });
    };
    await lab.control.addDisk(vm.name, { capacityBytes: MiB });
    await replicateKnown();
    expect(await named()).toEqual(['disk-2002']);
    await lab.control.removeDisk(vm.name, 2002);
    await replicateKnown();
    expect(await named()).toBeNull();
  });

  test('whose changes nobody tracks are compared each time, and are a usable copy all the same', async () => {
    const vm = VsphereVm.make(lab, [2 * MiB + 512]);
    lab.control.edit(vm.name, (row) => {
      row.isTrackingSupported = false;
    });
    await vm.write(2000, MiB, noise(300 * KiB, 9));
    const first = await goodCycle(vm);
    expect(first.disks).toMatchObject([{ disk_change_id: null, last_sync_mode: 'full', dirty_since: null }]);
    const contextId = await vm.contextId();
    expect(await copyFacts(lab.stand.db, contextId)).toEqual({ disks: 1, committed: 1 });
    await vm.write(2000, 5000, noise(10, 10));
    const { disks } = await goodCycle(vm);
    expect(disks).toMatchObject([{ last_full_reason: expect.stringMatching(/cbt\.not-supported.*compared by hash$/) }]);
  });

  test('that no snapshot can hold end the job before anything is written', async () => {
    const vm = await replica();
    const before = await vm.disks();
    lab.control.edit(vm.name, (row) => {
      for (const disk of row.disks) disk.diskMode = 'independent_persistent';
    });
    const { job, disks } = await cycle(vm);
    expect(job).toMatchObject({ status: 'failed', errorCode: 'cbt.mode-unsupported' });
    expect(disks.map((disk) => [disk.dirty_since, disk.target_generation])).toEqual(
      before.map((disk) => [null, disk.target_generation]),
    );
    expect(vm.leftSnapshots()).toEqual([]);
  });
});

test('another VM under the path of the one that was replicated is not written over its replica', async () => {
  const vm = await replica([2 * MiB + 512]);
  const before = await vm.disks();
  lab.control.edit(vm.name, (row) => (row.instanceUuid = '50000000-0000-4000-8000-000000000001'));
  const { job, disks } = await cycle(vm);
  expect(job).toMatchObject({ status: 'failed', errorCode: 'vsphere.vm-unknown' });
  const state = (rows: readonly VsphereDiskRow[]): unknown[] =>
    rows.map((disk) => [disk.disk_change_id, disk.target_generation, disk.dirty_since]);
  expect(state(disks)).toEqual(state(before));
});
