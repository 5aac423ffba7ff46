import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MiB } from '../../../src/base/units.ts';
import { replicationDetail, replicationOf } from '../../../src/api/replications/detail.ts';
import { findJob } from '../../../src/db/stores/job-rows.ts';
import { listHashRoots } from '../../../src/db/stores/hash-root-store.ts';
import type { ReplicateDeps } from '../../../src/processors/replicate/context.ts';
import { startNbdkit, TestFolder } from '../../support/nbd-servers.ts';
import { ReplicatedVm } from '../../support/replicated-vm.ts';
import { openReplicationStand, type ReplicationStand } from '../../support/replication-stand.ts';

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
      const state = stand.env['MIGRATEKIT_STATE_DIR'] ?? '';
      expect(existsSync(join(state, 'manifests', `disk-${id}.manifest`))).toBe(true);
    }
    const { source, target } = await vm.hashes();
    expect(target).toEqual(source);
  });

  test('because its worker is set so; a request may do without', async () => {
    const vm = await ReplicatedVm.make(stand);
    const env = { MIGRATEKIT_VERIFY: 'sample' };
    const first = await stand.withWorker(async () => stand.ended(await vm.submit()), { env });
    expect(await verificationOf(first.id)).toMatchObject([{ mode: 'sample' }, { mode: 'sample' }]);
    await vm.write(0, { offset: 2 * MiB + 100, length: 300 });
    const second = await stand.withWorker(async () => stand.ended(await vm.submit({ verify: 'off' })), { env });
    expect(await verificationOf(second.id)).toEqual([]);
    await vm.write(0, { offset: 4 * MiB, length: 300 });
    const third = await stand.withWorker(async () => stand.ended(await vm.submit()), { env });
    expect(third.resultJson).toContain('"type":"incremental"');
    expect(await verificationOf(third.id)).toMatchObject([{ mode: 'sample', mismatches: 0 }, { bytes_verified: 0 }]);
    const { source, target } = await vm.hashes();
    expect(target).toEqual(source);
  });

  test('on a target that keeps nothing fails, and nothing is committed', async () => {
    using folder = new TestFolder();
    await using nothing = await startNbdkit(folder, 'null', '1G');
    const vm = await ReplicatedVm.make(stand);
    const deps = (own: ReplicateDeps): ReplicateDeps => {
      const openExport: ReplicateDeps['volumes']['openExport'] = async (request) => {
        return { ...(await own.volumes.openExport(request)), uris: { unix: nothing.uri() } };
      };
      return { ...own, volumes: { ...own.volumes, openExport } };
    };
    const jobId = await vm.submit({ verify: 'full' });
    await stand.withWorker(() => stand.ended(jobId), { deps });
    expect(await findJob(stand.db, jobId)).toMatchObject({
      status: 'failed',
      errorCode: 'transfer.verify-failed',
      committed: false,
    });
    for (const disk of await vm.disks()) {
      expect(disk.disk_change_id).toBe(null);
      expect(await listHashRoots(stand.db, disk.id)).toEqual([]);
    }
    const again = await stand.withWorker(async () => stand.ended(await vm.submit({ verify: 'full' })));
    expect(again.status).toBe('completed');
    const { source, target } = await vm.hashes();
    expect(target).toEqual(source);
  });
});
