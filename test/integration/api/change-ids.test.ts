import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { beginDisk, loadCycleVm } from '../../../src/db/stores/cycle-store.ts';
import { saveCheckpoint } from '../../../src/db/stores/checkpoint-store.ts';
import { findExport, savePendingExport } from '../../../src/db/stores/nbd-export-store.ts';
import { inTransaction } from '../../../src/db/knex.ts';
import { stepLedger } from '../../../src/db/step-ledger.ts';
import { chooseSync, type SyncChoice } from '../../../src/domain/sync-mode.ts';
import { addTarget, sourceVm, startTestApi, type Reply, type TestApi } from '../../support/api.ts';
import { makeVolume } from '../../support/factories.ts';
import { claim } from '../../support/ledger-steps.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await addTarget(api.db);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

const FULL = '52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63/81';
const NEXT = '52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63/82';

interface Held {
  readonly jobId: string;
  readonly contextId: string;
  readonly path: string;
  readonly epoch: number;
  readonly volumeId: string;
}

let vms = 0;
const freshName = (): string => `mover${(vms += 1)}`;

async function accept(name: string, vcenterHost = 'vc1'): Promise<{ jobId: string; contextId: string; path: string }> {
  const reply = await api.call('POST', '/replications', {
    body: { source_vm: sourceVm(name), vcenter_host: vcenterHost },
  });
  expect(reply.status).toBe(202);
  return {
    jobId: String(reply.body['job_id']),
    contextId: String(reply.body['context_id']),
    path: `/DC/vm/${name}`,
  };
}

/** A job in the hands of a claim, whose first disk has a target. */
async function held(leaseMs?: number): Promise<Held> {
  const { jobId, contextId, path } = await accept(freshName());
  const { leaseEpoch: epoch } = await claim(api.context.ledger, jobId, leaseMs);
  const volume = await makeVolume(api.db, { vm_context_id: contextId });
  await api
    .db('vm_disks')
    .where({ job_id: jobId, disk_id: 'disk-2000' })
    .update({ ossea_volume_id: volume.id, target_generation: 1 });
  return { jobId, contextId, path, epoch, volumeId: volume.volume_id };
}

const store = (jobId: string, body: unknown): Promise<Reply> =>
  api.call('POST', `/replications/${jobId}/changeid`, { body });
const ask = (query: Record<string, string>): Promise<Reply> =>
  api.call('GET', `/replications/changeid?${new URLSearchParams(query).toString()}`);
const diskOf = async ({ jobId }: Held): Promise<Record<string, unknown>> =>
  (await api.db('vm_disks').where({ job_id: jobId, disk_id: 'disk-2000' }).first()) as Record<string, unknown>;
const historyOf = async ({ jobId }: Held): Promise<unknown[]> =>
  (await api
    .db('cbt_history')
    .where('job_id', jobId)
    .select('disk_id', 'change_id', 'previous_change_id', 'sync_type', 'sync_success')) as unknown[];

/** What the next cycle of our own workers would do with the first disk. */
async function nextChoice({ jobId, contextId }: Held): Promise<SyncChoice> {
  const vm = await loadCycleVm(api.db, { jobId, contextId });
  const disk = vm?.disks.find(({ diskId }) => diskId === 'disk-2000');
  if (disk === undefined) throw new Error('the disk is gone');
  return chooseSync(disk, { forceFull: false });
}

async function expectUntouched(job: Held): Promise<void> {
  expect(await diskOf(job)).toMatchObject({ disk_change_id: null, committed_generation: null });
  expect(await historyOf(job)).toEqual([]);
}

describe('POST /replications/{id}/changeid', () => {
  test('of a full copy makes the next cycle incremental, from exactly this state and on this target', async () => {
    const job = await held();
    const reply = await store(job.jobId, { change_id: FULL, epoch: job.epoch });

    expect(reply).toMatchObject({ status: 200, body: { job_id: job.jobId, disk_id: 'disk-2000', change_id: FULL } });
    expect(await nextChoice(job)).toEqual({ mode: 'incremental', changeId: FULL });
    expect(await diskOf(job)).toMatchObject({ last_sync_mode: 'full', sync_status: 'completed', dirty_since: null });
    expect(await historyOf(job)).toEqual([
      { disk_id: 'disk-2000', change_id: FULL, previous_change_id: null, sync_type: 'initial', sync_success: 1 },
    ]);
    const shown = await api.call('GET', `/replications/${job.jobId}`);
    expect(shown.body).toMatchObject({ disks: [{ disk_change_id: FULL }, { disk_change_id: null }] });

    // Another target, or the same one written by somebody else: then it says nothing any more.
    await api.db('vm_disks').where('job_id', job.jobId).increment('target_generation');
    expect(await nextChoice(job)).toMatchObject({ mode: 'full' });
  });

  test('of changes continues what is stored, and leaves one row of history per disk', async () => {
    const job = await held();
    await store(job.jobId, { change_id: FULL, epoch: job.epoch });
    const next = { change_id: NEXT, previous_change_id: FULL, disk_id: 'disk-2000', epoch: job.epoch };

    expect(await store(job.jobId, next)).toMatchObject({ status: 200, body: { change_id: NEXT } });
    expect(await nextChoice(job)).toEqual({ mode: 'incremental', changeId: NEXT });
    expect(await historyOf(job)).toEqual([
      { disk_id: 'disk-2000', change_id: NEXT, previous_change_id: FULL, sync_type: 'incremental', sync_success: 1 },
    ]);
  });

  test('sent again changes nothing', async () => {
    const job = await held();
    await store(job.jobId, { change_id: FULL, epoch: job.epoch });
    const next = { change_id: NEXT, previous_change_id: FULL, epoch: job.epoch };
    await store(job.jobId, next);
    const before = [await diskOf(job), await historyOf(job)];

    expect(await store(job.jobId, next)).toMatchObject({ status: 200, body: { change_id: NEXT } });
    expect([await diskOf(job), await historyOf(job)]).toEqual(before);
  });

  test('ends what an earlier cycle of our own left half done', async () => {
    const job = await held();
    const row = await diskOf(job);
    const vmDiskId = Number(row['id']);
    const now = Number(row['target_generation']);
    await inTransaction(api.db, async (trx) => {
      const disk = {
        vmDiskId,
        diskId: 'disk-2000',
        generation: { now, written: now },
        previousChangeId: null,
        landing: { overlayId: null, inPlaceReason: null },
      };
      await beginDisk(trx, { ...disk, jobId: job.jobId, contextId: job.contextId, mode: 'full', reason: null });
      const place = { vmDiskId, jobId: 'job-before', epoch: 1, key: 'before' };
      const verdict = { mode: 'compare', reason: { code: 'test', text: 'it is' } } as const;
      await saveCheckpoint(trx, place, { verdict, fresh: false, done: [[0, 512]], copiedBytes: 512 });
    });

    await store(job.jobId, { change_id: FULL, epoch: job.epoch });

    expect(await diskOf(job)).toMatchObject({ dirty_since: null, disk_change_id: FULL });
    expect(await api.db('disk_checkpoints').where('vm_disk_id', vmDiskId)).toEqual([]);
  });

  test('refuses any epoch but the one that runs', async () => {
    const job = await held();
    for (const epoch of [job.epoch + 1, 999_999_999]) {
      expect(await store(job.jobId, { change_id: FULL, epoch })).toMatchObject({
        status: 409,
        body: { code: 'changeid.stale-epoch', hint: expect.any(String) },
      });
    }
    await api.db('job_tracking').where('id', job.jobId).update({ dispatch_state: 'queued' });
    const successor = await claim(api.context.ledger, job.jobId);
    expect((await store(job.jobId, { change_id: FULL, epoch: job.epoch })).status).toBe(409);
    await expectUntouched(job);
    expect((await store(job.jobId, { change_id: FULL, epoch: successor.leaseEpoch })).status).toBe(200);
  });

  test.each([
    ['waits', { dispatch_state: 'waiting' }],
    ['has ended', { dispatch_state: 'closed', status: 'completed' }],
    ['is in hands that do not answer any more', { lease_expires_at: new Date(0) }],
  ])('refuses a job that %s', async (_what, columns) => {
    const job = await held();
    await api.db('job_tracking').where('id', job.jobId).update(columns);

    expect(await store(job.jobId, { change_id: FULL, epoch: job.epoch })).toMatchObject({
      status: 409,
      body: { code: 'changeid.stale-epoch' },
    });
    await expectUntouched(job);
  });

  test('refuses a job whose own worker has begun to copy: it commits all disks together', async () => {
    const job = await held();
    const steps = stepLedger(api.db, job.jobId, (work) => inTransaction(api.db, work));
    await steps.begin('open-source');

    expect(await store(job.jobId, { change_id: FULL, epoch: job.epoch })).toMatchObject({
      status: 409,
      body: { code: 'changeid.own-copy' },
    });
    await expectUntouched(job);
  });

  test('refuses while the volume can be written through an export', async () => {
    const job = await held();
    await inTransaction(api.db, (trx) =>
      savePendingExport(trx, {
        volumeId: job.volumeId,
        devicePath: '/dev/vdb',
        port: 10809,
        metadata: { wire_name: 'x', uris: {}, job_id: job.jobId, epoch: job.epoch, size_bytes: 1 },
      }),
    );
    expect(await findExport(api.db, job.volumeId)).toBeDefined();

    expect(await store(job.jobId, { change_id: FULL, epoch: job.epoch })).toMatchObject({
      status: 409,
      body: { code: 'changeid.export-open' },
    });
    await expectUntouched(job);
  });

  test('refuses changes that do not continue what is on the target', async () => {
    const job = await held();
    const orphan = { change_id: NEXT, previous_change_id: FULL, epoch: job.epoch };
    expect(await store(job.jobId, orphan)).toMatchObject({ status: 409, body: { code: 'changeid.not-successor' } });
    await expectUntouched(job);

    await store(job.jobId, { change_id: FULL, epoch: job.epoch });
    await api.db('vm_disks').where('job_id', job.jobId).increment('target_generation');
    expect(await store(job.jobId, orphan)).toMatchObject({
      status: 409,
      body: { code: 'changeid.not-successor', errors: [{ path: 'previous_change_id' }] },
    });
  });

  test('refuses a disk without a target, and one that the job has not', async () => {
    const job = await held();
    const body = { change_id: FULL, epoch: job.epoch };
    expect(await store(job.jobId, { ...body, disk_id: 'disk-2001' })).toMatchObject({
      status: 409,
      body: { code: 'changeid.no-target' },
    });
    expect(await store(job.jobId, { ...body, disk_id: 'disk-9' })).toMatchObject({
      status: 404,
      body: { code: 'replication.disk-unknown', errors: [{ path: 'disk_id' }] },
    });
    expect(await store('job-nowhere', body)).toMatchObject({ status: 404, body: { code: 'replication.unknown' } });
  });

  test.each([
    [{ epoch: 1 }, 'change_id'],
    [{ change_id: FULL }, 'epoch'],
    [{ change_id: '', epoch: 1 }, 'change_id'],
    [{ change_id: '*', epoch: 1 }, 'change_id'],
    [{ change_id: ' 52/1', epoch: 1 }, 'change_id'],
    [{ change_id: 'ä/1', epoch: 1 }, 'change_id'],
    [{ change_id: 'x'.repeat(192), epoch: 1 }, 'change_id'],
    [{ change_id: FULL, previous_change_id: '*', epoch: 1 }, 'previous_change_id'],
    [{ change_id: FULL, epoch: 0 }, 'epoch'],
    [{ change_id: FULL, epoch: 1.5 }, 'epoch'],
    [{ change_id: FULL, epoch: '1' }, 'epoch'],
    [{ change_id: FULL, epoch: 1, disk_id: '' }, 'disk_id'],
  ])('refuses %j and names the field', async (body, path) => {
    expect(await store('job-nowhere', body)).toMatchObject({
      status: 400,
      body: { code: 'request.invalid', errors: [expect.objectContaining({ path })] },
    });
  });

  test('refuses requests without a session', async () => {
    const job = await held();
    const body = { change_id: FULL, epoch: job.epoch };
    const reply = await api.call('POST', `/replications/${job.jobId}/changeid`, { body, token: '' });
    expect(reply.status).toBe(401);
    await expectUntouched(job);
  });
});

describe('GET /replications/changeid', () => {
  test('tells the changeId of the disk that was asked about, and of no other', async () => {
    const job = await held();
    await store(job.jobId, { change_id: FULL, epoch: job.epoch });

    expect(await ask({ vm_path: job.path, disk_id: 'disk-2000' })).toMatchObject({
      status: 200,
      body: { vm_path: job.path, disk_id: 'disk-2000', change_id: FULL },
    });
    expect(await ask({ vm_path: job.path, disk_id: 'disk-2001' })).toMatchObject({
      status: 200,
      body: { disk_id: 'disk-2001', change_id: '' },
    });
  });

  test('without a disk names the disk that the changeId belongs to', async () => {
    const job = await held();
    const nothing = await ask({ vm_path: job.path });
    expect(nothing.body).toEqual({ vm_path: job.path, change_id: '', message: expect.stringContaining('in full') });

    await store(job.jobId, { change_id: FULL, epoch: job.epoch });
    expect((await ask({ vm_path: job.path })).body).toMatchObject({ disk_id: 'disk-2000', change_id: FULL });
  });

  test.each([
    ['another generation of the target', { target_generation: 9 }],
    ['no target any more', { ossea_volume_id: null }],
  ])('tells none that was committed on another target: %s', async (_what, columns) => {
    const job = await held();
    await store(job.jobId, { change_id: FULL, epoch: job.epoch });
    await api.db('vm_disks').where({ job_id: job.jobId, disk_id: 'disk-2000' }).update(columns);

    expect(await ask({ vm_path: job.path, disk_id: 'disk-2000' })).toMatchObject({
      status: 200,
      body: { change_id: '', message: expect.stringContaining('target') },
    });
  });

  test('is empty for a VM and a disk that nobody knows', async () => {
    const job = await held();
    expect(await ask({ vm_path: '/DC/vm/nobody' })).toMatchObject({ status: 200, body: { change_id: '' } });
    expect(await ask({ vm_path: job.path, disk_id: 'disk-9' })).toMatchObject({
      status: 200,
      body: { change_id: '', disk_id: 'disk-9' },
    });
  });

  test('refuses a path that two vCenters have; with vcenter_host it is clear', async () => {
    const name = freshName();
    const { path } = await accept(name, 'vc1');
    await accept(name, 'vc2');

    expect(await ask({ vm_path: path })).toMatchObject({
      status: 409,
      body: { code: 'context.ambiguous', errors: [{ message: 'vc1' }, { message: 'vc2' }] },
    });
    expect(await ask({ vm_path: path, vcenter_host: 'vc2' })).toMatchObject({ status: 200 });
  });

  test.each(['', 'vm_path=', 'vm_path=/a&vm_path=/b', 'vm_path=/a&disk_id=', 'vm_path=/a&nonsense=1'])(
    'refuses the query "%s"',
    async (query) => {
      expect(await api.call('GET', `/replications/changeid?${query}`)).toMatchObject({
        status: 400,
        body: { code: 'request.invalid' },
      });
    },
  );
});
