import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { upstream } from '../../../src/base/errors.ts';
import { KiB, MiB } from '../../../src/base/units.ts';
import { findJob, type JobRecord } from '../../../src/db/stores/job-rows.ts';
import type { ReplicateDeps } from '../../../src/processors/replicate/context.ts';
import { cancel } from '../../../src/queues/cancel.ts';
import { ReplicationResult } from '../../../src/queues/jobs/replicate.ts';
import { expectJob } from '../../support/job-story.ts';
import { startNbdkit, TestFolder, type NbdServer } from '../../support/nbd-servers.ts';
import { ReplicatedVm } from '../../support/replicated-vm.ts';
import { openReplicationStand, type ReplicationStand, type WorkerChange } from '../../support/replication-stand.ts';
import { until } from '../../support/until.ts';
import { bytesAt } from '../../support/volumes.ts';
import { writeAt } from '../../support/vma-stand.ts';

jest.setTimeout(180_000);

/** So slow that a copy of these small disks can be met half way. */
const SLOW = { MIGRATEKIT_COPY_RATE_BYTES_PER_S: String(256 * KiB) };
const ZERO_VOLUMES = { MIGRATEKIT_NEW_VOLUMES_ARE_ZERO: 'true' };

let stand: ReplicationStand;

beforeAll(async () => {
  stand = await openReplicationStand({ MIGRATEKIT_ATOMIC_CYCLES: 'off' });
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
});

async function replicate(vm: ReplicatedVm, more: object = {}, change: WorkerChange = {}): Promise<JobRecord> {
  return stand.withWorker(async () => stand.ended(await vm.submit(more)), change);
}

async function expectEqual(vm: ReplicatedVm): Promise<void> {
  const { source, target } = await vm.hashes();
  expect(target).toEqual(source);
}

/** Starts a job with a slow worker and kills that when `isThere` holds. */
async function killedOnce(
  vm: ReplicatedVm,
  of: { readonly isThere: () => Promise<boolean>; readonly env?: Record<string, string>; readonly more?: object },
): Promise<string> {
  const jobId = await vm.submit(of.more);
  await using worker = stand.spawnWorker({ env: { ...SLOW, ...of.env } });
  await until(of.isThere, { withinMs: 60_000, what: 'the copy to be half way' });
  await worker.kill9();
  return jobId;
}

/** Cancels a job whose worker is dead: another one undoes it. */
async function giveUp(jobId: string): Promise<void> {
  await cancel(stand.ledger, jobId, { reason: 'the test wants it' });
  const job = await stand.withWorker(() => stand.ended(jobId));
  await expectJob(stand.db, job, { status: 'cancelled' });
}

const typeOf = (job: JobRecord): string => ReplicationResult.parse(JSON.parse(job.resultJson ?? 'null')).type;
const dirty = async (vm: ReplicatedVm): Promise<boolean[]> =>
  (await vm.disks()).map((disk) => disk.dirty_since !== null);

describe('an incremental that died in the middle of writing', () => {
  test('does not spoil the next one, which covers what it had begun', async () => {
    const vm = await ReplicatedVm.make(stand);
    await expectJob(stand.db, await replicate(vm), { status: 'completed' });
    const before = await vm.disks();
    const first = { offset: 0, length: 512 * KiB };
    await vm.write(0, first);
    await vm.write(0, { offset: 4 * MiB, length: MiB });
    const [target = ''] = await vm.targetPaths();
    const old = await read(target, first);

    const jobId = await killedOnce(vm, { isThere: async () => !old.equals(await read(target, first)) });
    expect(await dirty(vm)).toEqual([true, true]);
    await giveUp(jobId);
    expect((await vm.disks()).map((disk) => disk.disk_change_id)).toEqual(before.map((disk) => disk.disk_change_id));
    // What the dead one had copied is not what the source says now.
    await vm.write(0, { offset: 0, length: 4 * KiB });
    await vm.write(1, { offset: MiB, length: 1000 });

    const next = await replicate(vm);
    await expectJob(stand.db, next, { status: 'completed' });
    expect(typeOf(next)).toBe('incremental');
    await expectEqual(vm);
    expect(await dirty(vm)).toEqual([false, false]);
  });

  test('leaves nothing of what the source has taken back since', async () => {
    const vm = await ReplicatedVm.make(stand);
    await replicate(vm);
    const area = { offset: 0, length: 512 * KiB };
    const original = await read(vm.imagePath(0), area);
    await vm.write(0, area);
    const [target = ''] = await vm.targetPaths();
    await giveUp(await killedOnce(vm, { isThere: async () => !original.equals(await read(target, area)) }));
    await writeAt(vm.imagePath(0), area.offset, original);

    await expectJob(stand.db, await replicate(vm), { status: 'completed' });
    await expectEqual(vm);
  });
});

describe('a full copy', () => {
  test('that was given up half way is not followed by an incremental: its changeId says nothing of what it wrote', async () => {
    const vm = await ReplicatedVm.make(stand);
    await replicate(vm);
    const area = { offset: 0, length: 512 * KiB };
    const original = await read(vm.imagePath(0), area);
    await vm.write(0, area);
    const [target = ''] = await vm.targetPaths();
    const jobId = await killedOnce(vm, {
      more: { replication_type: 'initial' },
      isThere: async () => (await haveGrown(vm)) && !original.equals(await read(target, area)),
    });
    await expect(haveGrown(vm)).resolves.toBe(true);
    await giveUp(jobId);
    await writeAt(vm.imagePath(0), area.offset, original);

    const next = await replicate(vm);
    await expectJob(stand.db, next, { status: 'completed' });
    expect(typeOf(next)).toBe('initial');
    await expectEqual(vm);
    for (const disk of await vm.disks()) {
      expect(disk.target_generation).toBe(disk.committed_generation);
      expect(disk).toMatchObject({ last_full_reason: expect.stringMatching(`^${jobId} began .*; compared by hash$`) });
    }
    expect(typeOf(await replicate(vm))).toBe('incremental');
  });

  test('onto a used target zeroes what became zero, and what nobody says was ever written', async () => {
    const vm = await ReplicatedVm.make(stand);
    await replicate(vm);
    const hole = { offset: 2 * MiB, length: 64 * KiB };
    const [target = ''] = await vm.targetPaths();
    await writeAt(target, hole.offset, Buffer.alloc(hole.length, 0xee));
    await vm.write(0, { offset: 3 * MiB, length: MiB }, 'zeros');

    const job = await replicate(vm, { replication_type: 'initial' });
    await expectJob(stand.db, job, { status: 'completed' });
    expect(typeOf(job)).toBe('initial');
    await expect(bytesAt(target, hole)).resolves.toEqual([0]);
    await expect(bytesAt(target, { offset: 3 * MiB, length: MiB })).resolves.toEqual([0]);
    await expectEqual(vm);
  });

  test('onto volumes that are known to be zero, which died half way, is finished by another worker', async () => {
    const vm = await ReplicatedVm.make(stand);
    const jobId = await killedOnce(vm, { isThere: () => isWrittenTo(vm), env: ZERO_VOLUMES });
    const job = await stand.withWorker(() => stand.ended(jobId), { env: ZERO_VOLUMES });

    await expectJob(stand.db, job, { status: 'completed', attempt: 2 });
    await expectEqual(vm);
  });

  test('does not take them for zero any more when an earlier job has written to them', async () => {
    const vm = await ReplicatedVm.make(stand);
    await giveUp(await killedOnce(vm, { isThere: () => isWrittenTo(vm), env: ZERO_VOLUMES }));
    await vm.write(0, { offset: 0, length: MiB }, 'zeros');
    await vm.write(1, { offset: 512 * KiB, length: 256 * KiB }, 'zeros');

    await expectJob(stand.db, await replicate(vm, {}, { env: ZERO_VOLUMES }), { status: 'completed' });
    await expectEqual(vm);
  });
});

describe('a target that takes writes and cannot make them durable', () => {
  test('gets no changeId', async () => {
    const vm = await ReplicatedVm.make(stand);
    using folder = new TestFolder();
    await using server = await failingFlush(folder);
    const jobId = await vm.submit();
    const job = await stand.withWorker(
      async () => {
        await until(async () => (await findJob(stand.db, jobId))?.errorMessage?.includes('flush failed'), {
          withinMs: 60_000,
          what: 'a flush to fail',
        });
        await cancel(stand.ledger, jobId, { reason: 'it will never work' });
        return stand.ended(jobId);
      },
      { deps: (deps) => onto(deps, server) },
    );

    expect(job.status).toBe('cancelled');
    expect((await vm.disks()).map((disk) => disk.disk_change_id)).toEqual([null, null]);
    expect(await stand.db('cbt_history').where({ job_id: job.id, sync_success: true })).toEqual([]);
    expect(await vm.leftovers()).toEqual({ sessions: 0, exports: 0, currentJob: null, activeJobs: 0 });

    await expectJob(stand.db, await replicate(vm), { status: 'completed' });
    await expectEqual(vm);
  });
});

/** Both disks are being written under a generation that no changeId speaks of. */
const haveGrown = async (vm: ReplicatedVm): Promise<boolean> =>
  (await vm.disks()).every((disk) => disk.target_generation > (disk.committed_generation ?? 0));

/** The bytes of the first disk begin to arrive. */
async function isWrittenTo(vm: ReplicatedVm): Promise<boolean> {
  const [target] = await vm.targetPaths();
  if (target === undefined || !existsSync(target)) return false;
  return (await read(target, { offset: 0, length: MiB })).some((byte) => byte !== 0);
}

describe('a full copy onto a replica that was whole once', () => {
  /** A replica whose changeId the source does not know any more, with one block behind and junk where a hole is. */
  async function strayed(): Promise<ReplicatedVm> {
    const vm = await ReplicatedVm.make(stand);
    await expectJob(stand.db, await replicate(vm), { status: 'completed' });
    await vm.write(0, { offset: 3 * MiB + 100 * KiB, length: 1000 });
    const [target = ''] = await vm.targetPaths();
    await writeAt(target, 2 * MiB, Buffer.alloc(64 * KiB, 0xee));
    await stand
      .db('vm_disks')
      .where('vm_context_id', await vm.contextId())
      .update({ disk_change_id: 'of/nobody/7' });
    return vm;
  }

  async function expectFull(vm: ReplicatedVm, job: JobRecord, reason: RegExp): Promise<number> {
    await expectJob(stand.db, job, { status: 'completed' });
    await expectEqual(vm);
    const disks = await vm.disks();
    for (const disk of disks) expect(disk).toMatchObject({ last_full_reason: expect.stringMatching(reason) });
    const result = ReplicationResult.parse(JSON.parse(job.resultJson ?? 'null'));
    expect(result.type).toBe('initial');
    return result.bytesTransferred;
  }

  const failing = (deps: ReplicateDeps, after: number): ReplicateDeps => ({
    ...deps,
    volumes: {
      ...deps.volumes,
      async *hashes(call) {
        let count = 0;
        for await (const record of deps.volumes.hashes(call)) {
          if ((count += 1) > after) throw upstream('test.broken', 'no more hashes');
          yield record;
        }
      },
    },
  });

  test('finds by hash what differs and moves only that', async () => {
    const vm = await strayed();
    const bytes = await expectFull(vm, await replicate(vm), /; compared by hash$/);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(MiB);
    // The cycle is as good as any other: the next one is incremental.
    expect(typeOf(await replicate(vm))).toBe('incremental');
  });

  test.each<[string, object, Record<string, string>]>([
    ['its worker', {}, { MIGRATEKIT_FULL_RESYNC_BY_HASH: 'false' }],
    ['its request', { replication_type: 'initial' }, {}],
    // It proves what was copied, and would say nothing of what was found to be equal.
    ['a verification', { verify: 'full' }, {}],
  ])('moves everything when %s wants that', async (_who, more, env) => {
    const vm = await strayed();
    const bytes = await expectFull(vm, await replicate(vm, more, { env }), /[^h]$/);
    expect(bytes).toBeGreaterThan(2 * MiB);
  });

  test.each([0, 3])('moves everything when there are no hashes after %s of them', async (after) => {
    const vm = await strayed();
    const job = await replicate(vm, {}, { deps: (deps) => failing(deps, after) });
    const bytes = await expectFull(vm, job, /; could not be compared by hash$/);
    expect(bytes).toBeGreaterThan(2 * MiB);
  });
});

async function read(path: string, at: { offset: number; length: number }): Promise<Buffer> {
  await using file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(at.length), 0, at.length, at.offset);
  return buffer;
}

/** A disk in memory whose flush says EIO, every time. */
function failingFlush(folder: TestFolder): Promise<NbdServer> {
  const file = folder.file('bytes');
  return startNbdkit(
    folder,
    'eval',
    `after_fork=truncate -s 1G ${file}`,
    'get_size=echo 1073741824',
    'can_write=exit 0',
    'can_flush=exit 0',
    'can_zero=exit 0',
    'can_multi_conn=exit 0',
    `pread=dd if=${file} iflag=skip_bytes,count_bytes skip=$4 count=$3`,
    `pwrite=dd of=${file} conv=notrunc oflag=seek_bytes seek=$4`,
    `zero=fallocate -p -o $4 -l $3 -n ${file}`,
    'flush=echo EIO the disk is broken >&2; exit 1',
  );
}

/** The same deps, except that what the daemon opens is answered by this server. */
function onto(deps: ReplicateDeps, server: NbdServer): ReplicateDeps {
  return {
    ...deps,
    volumes: {
      ...deps.volumes,
      async openExport(call) {
        return { ...(await deps.volumes.openExport(call)), uris: { unix: server.uri() } };
      },
    },
  };
}
