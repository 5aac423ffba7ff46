import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cancelled } from '../../../src/base/errors.ts';
import { addTarget, sourceVm, startTestApi, type Reply, type TestApi } from '../../support/api.ts';
import { makeVolume } from '../../support/factories.ts';
import { claim, end } from '../../support/ledger-steps.ts';
import { QueueView } from '../../support/queue-view.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await addTarget(api.db);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

interface Ended {
  readonly jobId: string;
  readonly contextId: string;
}

let vms = 0;
/** A replication that has ended, as a worker would have ended it. */
async function ended(contextId?: string): Promise<Ended> {
  vms += 1;
  const vm = { source_vm: sourceVm(`vm${vms}`), vcenter_host: 'vc1' };
  const body = contextId === undefined ? vm : { context_id: contextId };
  const reply = await api.call('POST', '/replications', { body });
  expect(reply.status).toBe(202);
  const jobId = String(reply.body['job_id']);
  await claim(api.context.ledger, jobId);
  const result = { type: 'initial', bytesTransferred: 1, disks: [] };
  await end(api.context.ledger, jobId, { status: 'completed', result });
  return { jobId, contextId: String(reply.body['context_id']) };
}

const remove = (jobId: string, headers: Record<string, string> = {}, query = ''): Promise<Reply> =>
  api.call('DELETE', `/replications/${jobId}${query}`, { headers });
const deletionsOf = async ({ contextId }: Ended): Promise<Record<string, unknown>[]> =>
  (await api.db('job_tracking').where({ context_id: contextId, queue: 'delete-job' })) as Record<string, unknown>[];

describe('DELETE /replications/{id}', () => {
  test('is a job of its own queue that holds the VM, and can be followed', async () => {
    const job = await ended();
    await using queue = new QueueView(api.config.redis, 'delete-job');

    const accepted = await remove(job.jobId);

    const trackingId = String(accepted.body['deletion_tracking_id']);
    expect(accepted).toMatchObject({
      status: 202,
      body: {
        job_id: job.jobId,
        operations: { volumes_deleted: false, database_cleaned: false, nbd_exports_removed: false },
      },
    });
    expect(accepted.body).not.toHaveProperty('volume_deletion_warning');
    expect(trackingId).toMatch(/^delete-\d{8}-\d{6}\.\d{3}-[0-9a-f]{6}$/);
    expect(accepted.headers.get('location')).toBe(`/api/v1/jobs/${trackingId}`);
    expect(await queue.waitingJobIds()).toContain(trackingId);
    expect(await api.call('GET', `/jobs/${trackingId}`)).toMatchObject({
      status: 200,
      body: { status: 'pending', queue: 'delete-job', job_type: 'cleanup', context_id: job.contextId },
    });
    expect(await deletionsOf(job)).toMatchObject([
      {
        active_context_id: job.contextId,
        owner: 'tester',
        payload: { contextId: job.contextId, replicationJobId: job.jobId, deleteVolumes: false },
      },
    ]);

    const meanwhile = await api.call('POST', '/replications', { body: { context_id: job.contextId } });
    expect(meanwhile).toMatchObject({ status: 409, body: { code: 'context.busy' } });
    expect(await remove(job.jobId)).toMatchObject({ status: 409, body: { code: 'context.busy' } });
  });

  test('with delete_volumes says so to the job, also while another replication remains', async () => {
    const first = await ended();
    await ended(first.contextId);
    expect((await remove(first.jobId, {}, '?delete_volumes=true')).status).toBe(202);
    expect(await deletionsOf(first)).toMatchObject([{ payload: { deleteVolumes: true } }]);
  });

  test('warns of a volume that another VM has', async () => {
    const job = await ended();
    const volume = await makeVolume(api.db, { vm_context_id: job.contextId });
    await api.db('device_mappings').insert({
      id: volume.volume_id,
      volume_uuid: volume.volume_id,
      vm_id: 'vm-elsewhere',
      operation_mode: 'failover',
      device_path: 'remote',
      cloudstack_state: 'attached',
      linux_state: 'n/a',
      size: 1,
      last_sync: new Date(),
    });
    const accepted = await remove(job.jobId);
    expect(accepted.body['volume_deletion_warning']).toContain(`${volume.volume_id} (VM vm-elsewhere)`);
  });

  test('under an Idempotency-Key is done once, however often it is sent', async () => {
    const job = await ended();
    const headers = { 'idempotency-key': `delete-${job.jobId}` };
    const replies = await Promise.all([1, 2, 3].map(() => remove(job.jobId, headers)));

    expect(replies.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set(replies.map(({ body }) => body['deletion_tracking_id'])).size).toBe(1);
    expect(await deletionsOf(job)).toHaveLength(1);
    expect(await remove(job.jobId, headers, '?delete_volumes=true')).toMatchObject({
      status: 422,
      body: { code: 'idempotency.key-reused' },
    });
  });

  test('with If-Match deletes only what the client has seen', async () => {
    const job = await ended();
    const seen = (await api.call('GET', `/replications/${job.jobId}`)).headers.get('etag') ?? '';
    await api.call('PUT', `/replications/${job.jobId}`, { body: { target_network: 'changed' } });

    expect(await remove(job.jobId, { 'if-match': seen })).toMatchObject({
      status: 412,
      body: { code: 'request.stale', hint: expect.any(String) },
    });
    expect(await deletionsOf(job)).toEqual([]);
    const now = (await api.call('GET', `/replications/${job.jobId}`)).headers.get('etag') ?? '';
    expect((await remove(job.jobId, { 'if-match': now })).status).toBe(202);
  });
});

describe('DELETE /replications/{id} refuses', () => {
  test('one that waits or runs, until it is cancelled', async () => {
    const { contextId } = await ended();
    const reply = await api.call('POST', '/replications', { body: { context_id: contextId } });
    const jobId = String(reply.body['job_id']);
    expect(await remove(jobId)).toMatchObject({
      status: 409,
      body: { code: 'replication.active', hint: expect.stringContaining('cancel') },
    });
    await claim(api.context.ledger, jobId);
    expect(await remove(jobId)).toMatchObject({ status: 409, body: { code: 'replication.active' } });

    await end(api.context.ledger, jobId, { status: 'cancelled', error: cancelled('job.cancelled', 'as asked') });
    expect((await remove(jobId)).status).toBe(202);
  });

  test('an older one while another job works on the VM', async () => {
    const job = await ended();
    await api.call('POST', '/replications', { body: { context_id: job.contextId } });
    expect(await remove(job.jobId)).toMatchObject({ status: 409, body: { code: 'context.busy' } });
  });

  test.each(['failed_over_test', 'failed_over_live'])('one of a VM that is %s', async (status) => {
    const job = await ended();
    await api.db('vm_replication_contexts').where('context_id', job.contextId).update({ current_status: status });
    expect(await remove(job.jobId)).toMatchObject({
      status: 409,
      body: { code: 'replication.failed-over', hint: expect.any(String) },
    });
    expect(await deletionsOf(job)).toEqual([]);
  });

  test.each(['pending', 'validating', 'switching_volume', 'reverting', 'cleanup', 'executing'])(
    'one whose VM has a failover that is %s, until that has ended',
    async (status) => {
      const job = await ended();
      const failover = `failover-${job.jobId}`;
      await api.db('failover_jobs').insert({
        job_id: failover,
        vm_id: 'vm',
        vm_context_id: job.contextId,
        job_type: 'test',
        status,
        source_vm_name: 'vm',
      });
      expect(await remove(job.jobId)).toMatchObject({ status: 409, body: { code: 'failover.active' } });
      expect(await deletionsOf(job)).toEqual([]);

      await api.db('failover_jobs').where('job_id', failover).update({ status: 'failed' });
      expect((await remove(job.jobId)).status).toBe(202);
    },
  );

  test('one that nobody knows, a query that it does not know, and a key that is none', async () => {
    const job = await ended();
    expect(await remove('job-nowhere')).toMatchObject({ status: 404, body: { code: 'replication.unknown' } });
    for (const query of ['?delete_volumes=yes', '?delete_volumes=', '?nonsense=1']) {
      expect(await remove(job.jobId, {}, query)).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
    }
    expect(await remove(job.jobId, { 'idempotency-key': 'with blanks' })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'Idempotency-Key' }], hint: expect.any(String) },
    });
    expect(await deletionsOf(job)).toEqual([]);
  });

  test.each(['', 'nonsense'])('a session that is none: "%s"', async (token) => {
    const job = await ended();
    expect((await api.call('DELETE', `/replications/${job.jobId}`, { token })).status).toBe(401);
    expect(await deletionsOf(job)).toEqual([]);
  });
});
