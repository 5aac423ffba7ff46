import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { KiB, MiB } from '../../../src/base/units.ts';
import { presentJobProgress } from '../../../src/api/present/job-progress.ts';
import { replicationDetail, replicationOf } from '../../../src/api/replications/detail.ts';
import { JobProgress } from '../../../src/api/schemas/job-progress.ts';
import { findJob } from '../../../src/db/stores/job-rows.ts';
import { progressOfJobs } from '../../../src/db/stores/job-progress-store.ts';
import { listHashRoots, saveHashRoots } from '../../../src/db/stores/hash-root-store.ts';
import type { ReplicateDeps } from '../../../src/processors/replicate/context.ts';
import { startLyingTarget } from '../../support/lying-target.ts';
import { startNbdkit, TestFolder, type NbdServer } from '../../support/nbd-servers.ts';
import { ReplicatedVm } from '../../support/replicated-vm.ts';
import { openReplicationStand, type ReplicationStand } from '../../support/replication-stand.ts';
import { until } from '../../support/until.ts';

jest.setTimeout(180_000);

const SIZES = [6 * MiB, 3 * MiB + 512];
let stand: ReplicationStand;

beforeAll(async () => {
  stand = await openReplicationStand();
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
});

const verificationOf = async (jobId: string): Promise<unknown> =>
  (await replicationDetail(stand.db, await replicationOf(stand.db, jobId)))['verification'];

const manifestOf = (vmDiskId: number): string =>
  join(stand.env['MIGRATEKIT_STATE_DIR'] ?? '', 'manifests', `disk-${vmDiskId}.manifest`);

/** What chose the sample of the disk's last cycle. */
function sampleSeed(vmDiskId: number): unknown {
  const bytes = readFileSync(manifestOf(vmDiskId));
  const { seed } = JSON.parse(bytes.toString('utf8', 0, bytes.indexOf('\n'))) as { seed: unknown };
  expect(seed).toEqual(expect.any(Number));
  return seed;
}

/** The same deps, except that what the daemon opens of these volumes is answered by this server. */
const onto =
  (server: NbdServer, isFor: (volumeId: string) => boolean = () => true) =>
  (own: ReplicateDeps): ReplicateDeps => {
    const openExport: ReplicateDeps['volumes']['openExport'] = async (request) => {
      const opened = await own.volumes.openExport(request);
      return isFor(request.volumeId) ? { ...opened, uris: { unix: server.uri() } } : opened;
    };
    return { ...own, volumes: { ...own.volumes, openExport } };
  };

describe('a replication that is verified', () => {
  test('because its request says so, in full: says what was compared, and keeps a root per GiB', async () => {
    const vm = await ReplicatedVm.make(stand);
    const job = await stand.withWorker(async () => stand.ended(await vm.submit({ verify: 'full' })));
    expect(job.status).toBe('completed');
    expect(job.payloadJson).toContain('"verify":"full"');
    const disks = await vm.disks();
    expect(await verificationOf(job.id)).toEqual(
      disks.map((disk, index) => ({
        disk_id: disk.disk_id,
        mode: 'full',
        bytes_verified: SIZES[index],
        mismatches: 0,
        repaired_bytes: 0,
        seconds: expect.any(Number),
      })),
    );
    for (const [index, { id }] of disks.entries()) {
      const roots = await listHashRoots(stand.db, id);
      expect(roots).toMatchObject([{ gibIndex: 0, jobId: job.id, root: expect.stringMatching(/^[0-9a-f]{16}$/) }]);
      expect(roots.reduce((sum, root) => sum + root.dataBytes + root.zeroBytes, 0)).toBe(SIZES[index]);
      expect(existsSync(manifestOf(id))).toBe(true);
    }
    const { source, target } = await vm.hashes();
    expect(target).toEqual(source);

    await vm.write(0, { offset: 2 * MiB + 100, length: 300 });
    const second = await stand.withWorker(async () => stand.ended(await vm.submit({ verify: 'full' })));
    expect(second.resultJson).toContain('"type":"incremental"');
    const [changed] = disks;
    // What an earlier cycle said of the disk is not true of it any more.
    const roots = await listHashRoots(stand.db, changed?.id ?? 0);
    expect(roots.map(({ jobId }) => jobId)).toEqual([second.id]);
  });

  test('because its worker is set so; a request may do without', async () => {
    const vm = await ReplicatedVm.make(stand);
    const env = { MIGRATEKIT_VERIFY: 'sample' };
    const first = await stand.withWorker(async () => stand.ended(await vm.submit()), { env });
    expect(await verificationOf(first.id)).toMatchObject([{ mode: 'sample' }, { mode: 'sample' }]);
    const [disk] = await vm.disks();
    expect(await listHashRoots(stand.db, disk?.id ?? 0)).toEqual([]);
    const seed = sampleSeed(disk?.id ?? 0);
    await vm.write(0, { offset: 2 * MiB + 100, length: 300 });
    const second = await stand.withWorker(async () => stand.ended(await vm.submit({ verify: 'off' })), { env });
    expect(await verificationOf(second.id)).toEqual([]);
    await vm.write(0, { offset: 4 * MiB, length: 300 });
    const third = await stand.withWorker(async () => stand.ended(await vm.submit()), { env });
    expect(third.resultJson).toContain('"type":"incremental"');
    expect(await verificationOf(third.id)).toMatchObject([{ mode: 'sample', mismatches: 0 }, { bytes_verified: 0 }]);
    expect(sampleSeed(disk?.id ?? 0)).not.toBe(seed);
    const { source, target } = await vm.hashes();
    expect(target).toEqual(source);
  });

  test('says so while it reads the target again, and how far it is', async () => {
    using folder = new TestFolder();
    const vm = await ReplicatedVm.make(stand);
    await stand.withWorker(async () => stand.ended(await vm.submit()));
    const [image = ''] = await vm.targetPaths();
    // Some seconds for the disk, both times: rates are in bits.
    await using slow = await startNbdkit(folder, '--filter=rate', 'file', image, 'rate=12M');
    const isFor = (volumeId: string): boolean => stand.cloud.simulator.volumePath(volumeId) === image;
    const jobId = await vm.submit({ verify: 'full', replication_type: 'initial' });
    await stand.withWorker(
      async () => {
        const seen = await until(
          async () => {
            const progress = (await progressOfJobs(stand.db, [jobId])).get(jobId);
            return progress?.verifying?.bytesTotal === 6 * MiB ? progress : undefined;
          },
          { withinMs: 60_000, what: 'a verification' },
        );
        expect(seen.currentOperation).toMatch(/^Verifying: [\d.]+ \w+ of 6\.0 MiB read again$/);
        expect(seen).toMatchObject({ verifying: { bytesTotal: 6 * MiB }, etaSeconds: null });
        expect(JobProgress.parse(presentJobProgress(seen))).toMatchObject({ verifying: { bytes_total: 6 * MiB } });
        expect(await stand.ended(jobId)).toMatchObject({ status: 'completed' });
      },
      { deps: onto(slow, isFor) },
    );
    expect((await progressOfJobs(stand.db, [jobId])).get(jobId)).toMatchObject({ verifying: null });
  });

  test('on a target that keeps nothing fails, and nothing is committed', async () => {
    using folder = new TestFolder();
    await using nothing = await startNbdkit(folder, 'null', '1G');
    const vm = await ReplicatedVm.make(stand);
    const jobId = await vm.submit({ verify: 'full' });
    await stand.withWorker(() => stand.ended(jobId), { deps: onto(nothing) });
    expect(await findJob(stand.db, jobId)).toMatchObject({
      status: 'failed',
      errorCode: 'transfer.verify-failed',
      committed: false,
    });
    for (const disk of await vm.disks()) {
      expect(disk.disk_change_id).toBe(null);
      expect(await listHashRoots(stand.db, disk.id)).toEqual([]);
    }
    // Whoever had resumed it would have believed that.
    const checkpoints = await stand.db('disk_checkpoints').where({ job_id: jobId }).pluck<number[]>('done_bytes');
    expect(checkpoints.map(Number)).toEqual(checkpoints.map(() => 0));
    const again = await stand.withWorker(async () => stand.ended(await vm.submit({ verify: 'full' })));
    expect(again.status).toBe('completed');
    const { source, target } = await vm.hashes();
    expect(target).toEqual(source);
  });

  test('is read again over new connections', async () => {
    using folder = new TestFolder();
    const log = folder.file('log');
    await using kept = await startNbdkit(folder, '--filter=log', 'memory', '16M', `logfile=${log}`);
    const vm = await ReplicatedVm.make(stand);
    let ours: string | undefined;
    const deps = onto(kept, (volumeId) => volumeId === (ours ??= volumeId));
    const job = await stand.withWorker(async () => stand.ended(await vm.submit({ verify: 'full' })), { deps });
    expect(job.status).toBe('completed');
    const lines = readFileSync(log, 'utf8').split('\n');
    const by = (what: RegExp): Set<string> =>
      new Set(lines.filter((line) => what.test(line)).map((line) => /connection=\d+/.exec(line)?.[0] ?? ''));
    const [writers, readers] = [by(/ (?:Write|Zero) /), by(/ Read /)];
    expect(writers.size).toBeGreaterThan(0);
    expect(readers.size).toBeGreaterThan(0);
    expect([...readers].filter((reader) => writers.has(reader))).toEqual([]);
  });

  test('keeps the roots of a disk of any size', async () => {
    const vm = await ReplicatedVm.make(stand);
    const job = await stand.withWorker(async () => stand.ended(await vm.submit({ verify: 'full' })));
    const [disk] = await vm.disks();
    const of = { vmDiskId: disk?.id ?? 0, jobId: job.id };
    const roots = Array.from({ length: 2_500 }, (_, gibIndex) => ({
      gibIndex,
      root: gibIndex.toString(16).padStart(16, '0'),
      dataBytes: MiB,
      zeroBytes: 0,
    }));
    await stand.db.transaction((trx) => saveHashRoots(trx, of, roots));
    expect(await listHashRoots(stand.db, of.vmDiskId)).toEqual(roots.map((root) => ({ ...root, jobId: job.id })));
  });
});

describe('a delta that did not find on the target what it had written', () => {
  const found = (jobId: string): string =>
    `the target had not kept what was written to it, as the verification of ${jobId} found`;
  const run = async (vm: ReplicatedVm, request: object = {}, change = {}) => {
    const jobId = await vm.submit(request);
    return await stand.withWorker(() => stand.ended(jobId), change);
  };

  /** After the distrusted cycle: full for that disk only, and equal. */
  async function expectFullNext(vm: ReplicatedVm, distrustedBy: string): Promise<void> {
    const [lied, other] = await vm.disks();
    expect(lied).toMatchObject({
      target_generation: (lied?.committed_generation ?? NaN) + 1,
      last_full_reason: found(distrustedBy),
    });
    expect(other?.target_generation).toBe(other?.committed_generation);
    const next = await run(vm);
    expect(next.status).toBe('completed');
    expect(JSON.parse(next.resultJson ?? '{}')).toMatchObject({ disks: [{ mode: 'full' }, { mode: 'incremental' }] });
    const [trusted] = await vm.disks();
    expect(trusted).toMatchObject({
      last_full_reason: `${found(distrustedBy)} (sync.target-changed); compared by hash`,
    });
    expect(trusted?.target_generation).toBe(trusted?.committed_generation);
    const { source, target } = await vm.hashes();
    expect(target).toEqual(source);
    await vm.write(0, { offset: 5 * MiB, length: 10 });
    expect((await run(vm)).resultJson).toContain('"type":"incremental"');
  }

  test('and could not mend that fails, and the next one copies the disk in full', async () => {
    using folder = new TestFolder();
    await using nothing = await startNbdkit(folder, 'null', '1G');
    const vm = await ReplicatedVm.make(stand);
    await run(vm);
    await vm.write(0, { offset: 2 * MiB + 100, length: 300 });
    const failed = await run(vm, { verify: 'full' }, { deps: onto(nothing) });
    expect(failed).toMatchObject({ status: 'failed', errorCode: 'transfer.verify-failed' });
    await expectFullNext(vm, failed.id);
  });

  test('and could mend that is followed by a full one, which finds the write that went astray', async () => {
    using folder = new TestFolder();
    const vm = await ReplicatedVm.make(stand);
    await run(vm);
    const [image = ''] = await vm.targetPaths();
    const at = { at: 2 * MiB, length: 64 * KiB, isPersistent: false };
    await using liar = await startLyingTarget(folder, 'writes it 64 KiB further on', { image, ...at });
    const isFor = (volumeId: string): boolean => stand.cloud.simulator.volumePath(volumeId) === image;
    await vm.write(0, { offset: 2 * MiB, length: 64 * KiB });
    const mended = await run(vm, { verify: 'full' }, { deps: onto(liar, isFor) });
    expect(mended.status).toBe('completed');
    expect(await verificationOf(mended.id)).toMatchObject([{ mismatches: 1, repaired_bytes: 64 * KiB }, {}]);
    const { source, target } = await vm.hashes();
    expect(target[0]).not.toEqual(source[0]);
    await expectFullNext(vm, mended.id);
  });
});
