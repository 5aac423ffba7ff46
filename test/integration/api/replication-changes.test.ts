import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cancelReplication } from '../../../src/api/replications/cancel.ts';
import { cancelled } from '../../../src/base/errors.ts';
import { addTarget, sourceVm, startTestApi, type Reply, type TestApi } from '../../support/api.ts';
import { claim, end } from '../../support/ledger-steps.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await addTarget(api.db);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

let vms = 0;
/** A replication that nobody has taken yet. */
async function accepted(): Promise<{ jobId: string; contextId: string; name: string }> {
  vms += 1;
  const name = `vm${vms}`;
  const body = { source_vm: sourceVm(name), vcenter_host: 'vc1', target_network: 'net-1' };
  const reply = await api.call('POST', '/replications', { body });
  expect(reply.status).toBe(202);
  return { jobId: String(reply.body['job_id']), contextId: String(reply.body['context_id']), name };
}

const get = (jobId: string, headers: Record<string, string> = {}): Promise<Reply> =>
  api.call('GET', `/replications/${jobId}`, { headers });
const put = (jobId: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> =>
  api.call('PUT', `/replications/${jobId}`, { body, headers });
const etagOf = (reply: Reply): string => reply.headers.get('etag') ?? 'none';

describe('ETag', () => {
  test('of a replication stays while nothing changes, answers 304, and changes with the row', async () => {
    const { jobId } = await accepted();
    const first = await get(jobId);
    expect(etagOf(first)).toMatch(/^"[\w-]{22}"$/);
    expect(first.headers.get('cache-control')).toBe('private, no-cache');

    const again = await get(jobId, { 'if-none-match': etagOf(first) });
    expect(again).toMatchObject({ status: 304, body: {} });
    expect(etagOf(again)).toBe(etagOf(first));

    await api.db('replication_jobs').where('id', jobId).update({ progress_percent: 12.5 });
    const later = await get(jobId, { 'if-none-match': etagOf(first) });
    expect(later).toMatchObject({ status: 200, body: { progress_percent: 12.5 } });
    expect(etagOf(later)).not.toBe(etagOf(first));
  });

  test('sees two changes within one millisecond, and changes of the disks', async () => {
    const { jobId } = await accepted();
    const at = new Date('2026-01-01T00:00:00.123Z');
    const tags = new Set<string>();
    for (const network of ['a', 'b', 'c']) {
      await api.db('replication_jobs').where('id', jobId).update({ target_network: network, updated_at: at });
      tags.add(etagOf(await get(jobId)));
    }
    await api.db('vm_disks').where({ job_id: jobId, disk_id: 'disk-2000' }).update({ bytes_synced: 7 });
    tags.add(etagOf(await get(jobId)));
    expect(tags.size).toBe(4);
  });

  test('of a VM is the same by name and by id, and answers 304 under both', async () => {
    const { contextId, name } = await accepted();
    const byId = await api.call('GET', `/vm-contexts/by-id/${contextId}`);
    const byName = await api.call('GET', `/vm-contexts/${name}`);
    expect(etagOf(byName)).toBe(etagOf(byId));

    const headers = { 'if-none-match': etagOf(byId) };
    expect((await api.call('GET', `/vm-contexts/${name}`, { headers })).status).toBe(304);
    expect((await api.call('GET', `/vm-contexts/by-id/${contextId}`, { headers })).status).toBe(304);
    await api.db('vm_replication_contexts').where('context_id', contextId).update({ cpu_count: 64 });
    expect((await api.call('GET', `/vm-contexts/${name}`, { headers })).status).toBe(200);
  });
});

describe('PUT /replications/{id}', () => {
  test('sets the target network, answers with the new state and its tag, and takes it back', async () => {
    const { jobId } = await accepted();
    const before = await get(jobId);

    const changed = await put(jobId, { target_network: 'net-2' }, { 'if-match': etagOf(before) });
    expect(changed).toMatchObject({ status: 200, body: { configuration: { target_network: 'net-2' } } });
    expect(etagOf(changed)).toBe(etagOf(await get(jobId)));

    expect(await put(jobId, { target_network: null })).toMatchObject({
      status: 200,
      body: { configuration: { target_network: null } },
    });
  });

  test('sets the bandwidth limit, lifts it and gives it back to the general one', async () => {
    const { jobId } = await accepted();
    for (const limit of [50_000_000, 0, null]) {
      const changed = await put(jobId, { bandwidth_limit_bytes_per_s: limit });
      expect(changed).toMatchObject({
        status: 200,
        body: { bandwidth_limit_bytes_per_s: limit, configuration: { bandwidth_limit_bytes_per_s: limit } },
      });
    }
    expect((await get(jobId)).body).toMatchObject({
      bandwidth_in_force_bytes_per_s: null,
      configuration: { target_network: 'net-1' },
    });
    for (const limit of [-1, 1.5, '5', 2 ** 51]) {
      expect(await put(jobId, { bandwidth_limit_bytes_per_s: limit })).toMatchObject({ status: 400 });
    }
    expect(await put(jobId, { target_network: 'net-3', bandwidth_limit_bytes_per_s: 100 })).toMatchObject({
      status: 400,
      body: { code: 'bandwidth.too-low', errors: [{ path: 'bandwidth_limit_bytes_per_s' }] },
    });
    expect((await get(jobId)).body).toMatchObject({ configuration: { target_network: 'net-1' } });
  });

  test('of two edits that were meant for the same state refuses one, and loses none', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { jobId } = await accepted();
      const headers = { 'if-match': etagOf(await get(jobId)) };
      const edits = await Promise.all(
        ['a', 'b', 'c', 'd'].map((name) => put(jobId, { target_network: name }, headers)),
      );

      expect(edits.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
      const winner = edits.find(({ status }) => status === 200);
      expect((await get(jobId)).body['configuration']).toEqual(winner?.body['configuration']);
    }
  });

  test('refuses an edit of an older state, says what to do, and changes nothing', async () => {
    const { jobId } = await accepted();
    const old = etagOf(await get(jobId));
    await put(jobId, { target_network: 'net-2' });

    expect(await put(jobId, { target_network: 'net-3' }, { 'if-match': old })).toMatchObject({
      status: 412,
      body: { code: 'request.stale', hint: expect.stringContaining('If-Match') },
    });
    expect((await get(jobId)).body).toMatchObject({ configuration: { target_network: 'net-2' } });
  });

  test('cancels one that never ran: it has ended then', async () => {
    const { jobId, contextId } = await accepted();

    expect(await put(jobId, { status: 'cancelled', target_network: 'net-9' })).toMatchObject({
      status: 202,
      body: { job_id: jobId, status: 'cancelled', configuration: { target_network: 'net-9' } },
    });
    const context = await api.call('GET', `/vm-contexts/by-id/${contextId}`);
    expect(context.body['context']).toMatchObject({ current_job_id: null, current_status: 'discovered' });
  });

  test('tells one that runs to stop, and refuses to cancel one that has ended without changing it', async () => {
    const { jobId } = await accepted();
    await claim(api.context.ledger, jobId);
    expect(await put(jobId, { status: 'cancelled' })).toMatchObject({ status: 202, body: { status: 'running' } });
    expect((await api.call('GET', `/jobs/${jobId}`)).body['cancel_requested_at']).toEqual(expect.any(String));

    await end(api.context.ledger, jobId, { status: 'cancelled', error: cancelled('job.cancelled', 'as asked') });
    expect(await put(jobId, { status: 'cancelled', target_network: 'late' })).toMatchObject({
      status: 409,
      body: { code: 'job.terminal' },
    });
    expect((await get(jobId)).body).toMatchObject({ configuration: { target_network: 'net-1' } });
  });

  test('names each field that only the worker writes', async () => {
    const { jobId } = await accepted();
    const refused = await put(jobId, { progress_percent: 100, bytes_transferred: 5, target_network: 'net-2' });

    expect(refused).toMatchObject({
      status: 400,
      body: {
        code: 'replication.read-only',
        errors: [{ path: 'progress_percent' }, { path: 'bytes_transferred' }],
        hint: expect.stringContaining('progress has one writer'),
      },
    });
    expect((await get(jobId)).body).toMatchObject({ progress_percent: 0, configuration: { target_network: 'net-1' } });
  });

  test.each([
    [{ status: 'completed' }, 'status'],
    [{ status: 'running' }, 'status'],
    [{ target_network: '' }, 'target_network'],
    [{ target_network: 7 }, 'target_network'],
    [{ target_network: 'x'.repeat(192) }, 'target_network'],
    [{}, 'target_network'],
  ])('refuses %j and names the field', async (body, path) => {
    const { jobId } = await accepted();
    expect(await put(jobId, body)).toMatchObject({
      status: 400,
      body: { code: 'request.invalid', errors: expect.arrayContaining([expect.objectContaining({ path })]) },
    });
  });

  test.each(['[]', '7', '{"target_network"', 'null'])('refuses the body %s', async (body) => {
    const { jobId } = await accepted();
    const headers = { 'content-type': 'application/json' };
    expect((await put(jobId, body, headers)).status).toBe(400);
  });

  test('refuses one that nobody knows, and requests without a session or with a bad one', async () => {
    const { jobId } = await accepted();
    expect(await put('job-nowhere', { target_network: 'a' })).toMatchObject({
      status: 404,
      body: { code: 'replication.unknown' },
    });
    const body = { target_network: 'stolen' };
    for (const token of ['', 'nonsense']) {
      expect((await api.call('PUT', `/replications/${jobId}`, { body, token })).status).toBe(401);
    }
    expect((await get(jobId)).body).toMatchObject({ configuration: { target_network: 'net-1' } });
  });
});

describe('POST /replications/{id}/cancel', () => {
  const stop = (jobId: string, headers: Record<string, string> = {}): Promise<Reply> =>
    api.call('POST', `/replications/${jobId}/cancel`, { headers });

  test('under an Idempotency-Key gives the first answer again, also when the job has ended since', async () => {
    const { jobId } = await accepted();
    await claim(api.context.ledger, jobId);
    const headers = { 'idempotency-key': `stop-${jobId}` };
    const first = await stop(jobId, headers);
    expect(first).toMatchObject({ status: 202, body: { job_id: jobId, status: 'running' } });
    await end(api.context.ledger, jobId, { status: 'cancelled', error: cancelled('job.cancelled', 'as asked') });

    const again = await stop(jobId, headers);
    expect(again).toMatchObject({ status: 202, body: first.body });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await stop(jobId)).toMatchObject({ status: 409, body: { code: 'job.terminal' } });
  });

  test('keeps its answer with what it does, or does nothing: a crash cannot come in between', async () => {
    const [one, other] = [await accepted(), await accepted()];
    await claim(api.context.ledger, one.jobId);
    for (const { jobId } of [one, other]) {
      const key = `both-${jobId}`;
      // The place of the answer is taken by a request that has none yet, so that this one cannot keep its own.
      const taken = { actor: 'tester', idempotency_key: key, request_hash: 'x'.repeat(64) };
      await api.db('idempotency_keys').insert(taken);
      const before = await jobRow(jobId);
      const request = { jobId, user: 'tester', key: { actor: 'tester', key, requestHash: 'y'.repeat(64) } };
      await expect(cancelReplication(api.context.ledger, request)).rejects.toMatchObject({
        code: 'idempotency.answered',
      });
      expect(await jobRow(jobId)).toEqual(before);
      await api.db('idempotency_keys').where({ idempotency_key: key }).delete();

      const answer = await stop(jobId, { 'idempotency-key': key });
      expect(answer).toMatchObject({ status: 202, body: { status: jobId === one.jobId ? 'running' : 'cancelled' } });
      expect((await stop(jobId, { 'idempotency-key': key })).body).toEqual(answer.body);
    }
  });

  test('refuses the key of another request', async () => {
    const [one, other] = [await accepted(), await accepted()];
    const headers = { 'idempotency-key': `shared-${one.jobId}` };
    expect((await stop(one.jobId, headers)).status).toBe(202);

    expect(await stop(other.jobId, headers)).toMatchObject({ status: 422, body: { code: 'idempotency.key-reused' } });
    expect((await get(other.jobId)).body).toMatchObject({ status: 'pending' });
  });

  test('refuses something that is no key, and says what one is', async () => {
    const { jobId } = await accepted();
    const refused = await stop(jobId, { 'idempotency-key': 'with blanks' });
    expect(refused).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'Idempotency-Key' }], hint: expect.stringContaining('uuid') },
    });
    expect((await get(jobId)).body).toMatchObject({ status: 'pending' });
  });
});

/** What the ledger knows of the wish to cancel. */
const jobRow = (jobId: string): Promise<unknown> =>
  api.db('job_tracking').where({ id: jobId }).first('status', 'dispatch_state', 'cancel_requested_at', 'cancel_reason');

describe('/bandwidth-limits', () => {
  const change = (body: unknown): Promise<Reply> => api.call('PUT', '/bandwidth-limits', { body });
  const limits = async (): Promise<unknown> => (await api.call('GET', '/bandwidth-limits')).body;

  test('are those of the workers until somebody sets one, and again when it is taken back', async () => {
    const none = { worker_bytes_per_s: null, job_bytes_per_s: null, disk_bytes_per_s: null };
    expect(await limits()).toEqual(none);

    const some = { ...none, worker_bytes_per_s: 100_000_000, disk_bytes_per_s: 0 };
    expect(await change({ worker_bytes_per_s: 65_536, disk_bytes_per_s: 0 })).toMatchObject({ status: 200 });
    expect(await change({ worker_bytes_per_s: 100_000_000 })).toMatchObject({ status: 200, body: some });
    expect(await limits()).toEqual(some);
    expect(await api.db('bandwidth_limits').where('scope', 'worker')).toMatchObject([{ changed_by: 'tester' }]);

    expect((await change({ worker_bytes_per_s: null, disk_bytes_per_s: null })).body).toEqual(none);
  });

  test('below 64 KiB per second are refused, all that were named, and nothing is changed', async () => {
    const before = await limits();
    for (const low of [1, 100, 65_535]) {
      const refused = await change({ worker_bytes_per_s: 1_000_000, job_bytes_per_s: low, disk_bytes_per_s: low });
      expect(refused).toMatchObject({
        status: 400,
        body: {
          code: 'bandwidth.too-low',
          errors: [{ path: 'job_bytes_per_s' }, { path: 'disk_bytes_per_s' }],
          hint: expect.stringMatching(/bytes per second.*0 lifts.*cancel/),
        },
      });
    }
    expect(await limits()).toEqual(before);
  });

  test.each([{}, { worker_bytes_per_s: -1 }, { job_bytes_per_s: '5' }, { bytes_per_s: 5 }])(
    'refuses %j',
    async (body) => {
      expect(await change(body)).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
    },
  );
});
