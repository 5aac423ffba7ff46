import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KiB, MiB } from '../../../src/base/units.ts';
import { findJob } from '../../../src/db/stores/job-rows.ts';
import type { ReplicateDeps } from '../../../src/processors/replicate/context.ts';
import type { OpenedExport } from '../../../src/volumes/contract.ts';
import { overlaysLeft } from '../../support/committed-point.ts';
import { expectJob } from '../../support/job-story.ts';
import { startQemuNbd, TestFolder, type NbdServer } from '../../support/nbd-servers.ts';
import { ReplicatedVm } from '../../support/replicated-vm.ts';
import { openReplicationStand, type ReplicationStand } from '../../support/replication-stand.ts';
import { until } from '../../support/until.ts';

jest.setTimeout(300_000);

/** So slow that a cycle is met half way. */
const SLOW = { MIGRATEKIT_COPY_RATE_BYTES_PER_S: String(256 * KiB) };
const WAIT = { withinMs: 90_000, what: 'the cycle to be half way' };
const isRoot = process.getuid?.() === 0;

const dir = mkdtempSync(join(tmpdir(), 'mkover-'));
/** A file system that a test may fill. */
const isSmall = isRoot && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'none', dir]).status === 0;

let stand: ReplicationStand;
beforeAll(async () => {
  stand = await openReplicationStand({ MIGRATEKIT_OVERLAY_DIR: dir });
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
  if (isSmall) spawnSync('umount', [dir]);
  else rmSync(dir, { recursive: true, force: true });
  if (isSmall) rmdirSync(dir);
});

/** A replica, and a source that has changed since. */
async function changed(): Promise<ReplicatedVm> {
  const vm = await ReplicatedVm.make(stand);
  const first = await stand.withWorker(async () => stand.ended(await vm.submit()));
  await expectJob(stand.db, first, { status: 'completed' });
  await vm.write(0, { offset: 0, length: 3 * MiB });
  await vm.write(1, { offset: 0, length: 2 * MiB });
  return vm;
}

/** An export whose every write goes well and whose every flush fails. */
function startFlushless(folder: TestFolder, { uris, export_name: name }: OpenedExport): Promise<NbdServer> {
  const socket = new URL(uris.unix ?? '').searchParams.get('socket') ?? '';
  const fault = 'inject-error.0.event=none,inject-error.0.iotype=flush,inject-error.0.errno=5';
  const image = `image.driver=nbd,image.server.type=unix,image.server.path=${socket},image.export=${name}`;
  return startQemuNbd(folder, '--shared=16', '--image-opts', `driver=blkdebug,${fault},${image}`);
}

const landings = (jobId: string): Promise<{ landed_in: string; in_place_reason: string | null }[]> =>
  stand
    .db('cbt_history')
    .where('job_id', jobId)
    .select<{ landed_in: string; in_place_reason: string | null }[]>('landed_in', 'in_place_reason');

test('what was in an overlay that is lost is copied again, however far its checkpoint was', async () => {
  const vm = await changed();
  const jobId = await vm.submit();
  await using worker = stand.spawnWorker({ env: SLOW });
  const isDurable = async (): Promise<boolean> =>
    (await stand.db('disk_checkpoints').where('job_id', jobId).where('done_bytes', '>', 0).pluck('vm_disk_id')).length >
    0;
  await until(isDurable, WAIT);
  await worker.kill9();
  for (const name of readdirSync(dir)) if (name.endsWith('.qcow2')) rmSync(join(dir, name));

  const job = await stand.withWorker(() => stand.ended(jobId));
  await expectJob(stand.db, job, { status: 'completed' });
  const { source, target } = await vm.hashes();
  expect(target).toEqual(source);
  await expect(overlaysLeft(stand)).resolves.toEqual([]);
});

test('what could not be flushed is not committed', async () => {
  const vm = await changed();
  const committed = async (): Promise<unknown[]> => (await vm.disks()).map((disk) => disk.disk_change_id);
  const before = await committed();
  using folder = new TestFolder();
  await using servers = new AsyncDisposableStack();
  const jobId = await vm.submit();
  const isOver = async (): Promise<boolean> => {
    const job = await findJob(stand.db, jobId);
    return job?.dispatchState === 'closed' || (job?.attempt ?? 0) >= 2;
  };
  const deps = (real: ReplicateDeps): ReplicateDeps => ({
    ...real,
    volumes: {
      ...real.volumes,
      async openExport(call) {
        const opened = await real.volumes.openExport(call);
        const server = servers.use(await startFlushless(folder, opened));
        return { ...opened, uris: { unix: server.uri() } };
      },
    },
  });
  await stand.withWorker(() => until(isOver, { ...WAIT, what: 'the end of an attempt' }), { deps });
  expect(await committed()).toEqual(before);
  const states = await stand.db('volume_overlays').pluck<string[]>('state');
  expect(states.filter((state) => state !== 'filling')).toEqual([]);

  const job = await stand.withWorker(() => stand.ended(jobId));
  await expectJob(stand.db, job, { status: 'completed' });
  expect(await committed()).not.toEqual(before);
  const { source, target } = await vm.hashes();
  expect(target).toEqual(source);
});

// Filling a file system takes one of its own.
(isSmall ? test : test.skip)('an overlay that runs full is thrown away, and its cycle ends in the volume', async () => {
  const vm = await changed();
  const jobId = await vm.submit();
  await using worker = stand.spawnWorker({ env: SLOW });
  await until(async () => (await landings(jobId)).some(({ landed_in: place }) => place === 'overlay'), WAIT);
  expect(() => writeFileSync(join(dir, 'filler'), Buffer.alloc(16 * MiB))).toThrow(/ENOSPC/);
  await until(async () => (await landings(jobId)).some(({ landed_in: place }) => place === 'volume'), WAIT);
  await worker.kill9();
  rmSync(join(dir, 'filler'));
  const job = await stand.withWorker(() => stand.ended(jobId));
  await expectJob(stand.db, job, { status: 'completed' });
  expect(await landings(jobId)).toContainEqual({ landed_in: 'volume', in_place_reason: expect.stringMatching(/./) });
  const { source, target } = await vm.hashes();
  expect(target).toEqual(source);
  await expect(overlaysLeft(stand)).resolves.toEqual([]);
});
