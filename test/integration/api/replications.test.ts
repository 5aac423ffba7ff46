import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { QueueView } from '../../support/queue-view.ts';
import { addTarget, sourceVm, startTestApi, type Reply, type TestApi } from '../../support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

/** Each test starts with one target cloud and no VM. */
beforeEach(async () => {
  await api.db('vm_replication_contexts').delete();
  await api.db('job_tracking').delete();
  await api.db('ossea_configs').delete();
  await addTarget(api.db);
});

const start = (body: unknown, headers: Record<string, string> = {}): Promise<Reply> =>
  api.call('POST', '/replications', { body, headers });
const known = async (name = 'web01', change: Record<string, unknown> = {}): Promise<string> => {
  const added = await start({ source_vm: sourceVm(name), vcenter_host: 'vc1', start_replication: false, ...change });
  expect(added.status).toBe(201);
  return String(added.body['context_id']);
};
const rowsOf = async (table: string, where: Record<string, unknown>): Promise<Record<string, unknown>[]> =>
  (await api.db(table).where(where).orderBy('id')) as Record<string, unknown>[];
/** As if the job had ended without a trace in the rows of the domain. */
const free = (): Promise<unknown> =>
  api.db('job_tracking').update({ active_context_id: null, status: 'failed', dispatch_state: 'closed' });

describe('POST /replications', () => {
  test('accepts a new VM with all that its source knows, and everything is stored at once', async () => {
    const accepted = await start({
      source_vm: sourceVm('web01'),
      vcenter_host: 'vc1',
      ossea_config_id: 1,
      target_network: 'net-1',
    });

    expect(accepted).toMatchObject({
      status: 202,
      body: {
        queue: 'replicate',
        status: 'pending',
        progress_percent: 0,
        source_vm: { id: 'uuid-web01', name: 'web01', path: '/DC/vm/web01' },
        created_volumes: [],
        mounted_volumes: [],
      },
    });
    const jobId = String(accepted.body['job_id']);
    const contextId = String(accepted.body['context_id']);
    expect(jobId).toMatch(/^job-\d{8}-\d{6}\.\d{3}-[0-9a-f]{6}$/);
    expect(contextId).toMatch(/^ctx-web01-\d{8}-\d{6}$/);
    expect(accepted.headers.get('location')).toBe(`/api/v1/replications/${jobId}`);

    const shown = await api.call('GET', `/replications/${jobId}`);
    expect(shown.body).toMatchObject({
      job_id: jobId,
      vm_context_id: contextId,
      status: 'pending',
      configuration: { replication_type: 'initial', target_network: 'net-1' },
      created_at: accepted.body['started_at'],
      disks: [
        { disk_id: 'disk-2000', size_gb: 102, capacity_bytes: 109_521_666_048, sync_status: 'pending' },
        { disk_id: 'disk-2001', size_gb: 1, capacity_bytes: 1_073_741_824, vmdk_path: '[ds] web01/web01_1.vmdk' },
      ],
    });
    const context = await api.call('GET', `/vm-contexts/by-id/${contextId}`);
    expect(context.body['context']).toMatchObject({
      current_status: 'replicating',
      current_job_id: jobId,
      total_jobs_run: 1,
      os_type: 'windows',
      first_job_at: accepted.body['started_at'],
      last_job_at: accepted.body['started_at'],
      last_operation: { job_id: jobId, operation_type: 'replication', status: 'pending' },
    });
    const [ledger] = await rowsOf('job_tracking', { id: jobId });
    expect(ledger).toMatchObject({
      queue: 'replicate',
      active_context_id: contextId,
      payload: { contextId, forceFull: false },
      owner: 'tester',
    });
  });

  test('rings the doorbell: the job waits in its queue', async () => {
    await using queue = new QueueView(api.config.redis, 'replicate');
    const accepted = await start({ source_vm: sourceVm('web01'), vcenter_host: 'vc1' });

    expect(await queue.waitingJobIds()).toContain(accepted.body['job_id']);
  });

  test('a VM that was only added is started by context id or by name', async () => {
    const contextId = await known();
    expect(await start({ context_id: contextId })).toMatchObject({ status: 202, body: { context_id: contextId } });

    const other = await known('web02');
    expect(await start({ vm_name: 'web02' })).toMatchObject({ status: 202, body: { context_id: other } });
  });

  test('a second job keeps the rows of the disks and goes to the queue of incremental cycles', async () => {
    const contextId = await known();
    const first = await start({ context_id: contextId });
    const before = await rowsOf('vm_disks', { vm_context_id: contextId });
    await free();
    await api.db('vm_disks').where('disk_id', 'disk-2000').update({ disk_change_id: 'aa/7', sync_status: 'completed' });

    const second = await start({ context_id: contextId, replication_type: 'initial' });

    expect(second).toMatchObject({ status: 202, body: { queue: 'sync-cbt' } });
    const after = await rowsOf('vm_disks', { vm_context_id: contextId });
    expect(after.map((disk) => disk['id'])).toEqual(before.map((disk) => disk['id']));
    expect(after[0]).toMatchObject({ job_id: second.body['job_id'], disk_change_id: 'aa/7', sync_status: 'pending' });
    const [ledger] = await rowsOf('job_tracking', { id: second.body['job_id'] });
    expect(ledger).toMatchObject({ payload: { contextId, forceFull: true } });
    const shown = await api.call('GET', `/replications/${String(first.body['job_id'])}`);
    expect(shown.body['disks']).toEqual([]);
  });

  test('what a job found out about a disk is not undone by an older inventory', async () => {
    const contextId = await known();
    await start({ context_id: contextId });
    await free();
    const grown = { capacity_bytes: 219_043_332_096, size_gb: 204 };
    await api.db('vm_disks').where('disk_id', 'disk-2000').update(grown);

    const second = await start({ context_id: contextId });

    const [disk] = await rowsOf('vm_disks', { vm_context_id: contextId, disk_id: 'disk-2000' });
    expect(disk).toMatchObject({ ...grown, job_id: second.body['job_id'] });
  });

  test('new facts about a known VM are remembered; a disk that is gone stays with its last job', async () => {
    const contextId = await known();
    const first = await start({ context_id: contextId });
    await free();
    const disks = [{ id: 'disk-2000', vmdk_path: '[ds] new.vmdk', capacity_bytes: 109_521_666_048 * 2 }];

    const second = await start({ source_vm: sourceVm('web01', { cpus: 8, disks }) });

    expect(second.status).toBe(202);
    const of = async (reply: Reply): Promise<unknown> =>
      (await api.call('GET', `/replications/${String(reply.body['job_id'])}`)).body['disks'];
    expect(await of(second)).toMatchObject([{ disk_id: 'disk-2000', size_gb: 204, vmdk_path: '[ds] new.vmdk' }]);
    expect(await of(first)).toMatchObject([{ disk_id: 'disk-2001' }]);
    const context = await api.call('GET', '/vm-contexts/web01');
    expect(context.body['context']).toMatchObject({ cpu_count: 8, total_jobs_run: 2 });
  });

  test('of two requests at the same moment exactly one is accepted', async () => {
    const contextId = await known();
    for (let round = 0; round < 5; round += 1) {
      const replies = await Promise.all(Array.from({ length: 4 }, () => start({ context_id: contextId })));

      expect(replies.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409]);
      for (const { status, body } of replies) if (status === 409) expect(body['code']).toBe('context.busy');
      await free();
    }
    expect(await api.db('replication_jobs').where('vm_context_id', contextId)).toHaveLength(5);
  });

  test('of two requests that bring the same new VM exactly one is accepted, and one context is made', async () => {
    for (let round = 0; round < 5; round += 1) {
      const body = { source_vm: sourceVm(`new${round}`), vcenter_host: 'vc1' };
      const replies = await Promise.all([start(body), start(body), start(body)]);

      expect(replies.map(({ status }) => status).sort()).toEqual([202, 409, 409]);
    }
    expect(await api.db('vm_replication_contexts')).toHaveLength(5);
  });

  test('two VMs of one name that are added in one second get different ids', async () => {
    const ids = await Promise.all(['vc1', 'vc2', 'vc3'].map((host) => known('twin', { vcenter_host: host })));

    expect(new Set(ids).size).toBe(3);
  });
});

describe('POST /replications refuses', () => {
  test.each(['failed_over_test', 'failed_over_live', 'completed', 'cleanup_required'])(
    'a VM that is %s',
    async (status) => {
      const contextId = await known();
      await api.db('vm_replication_contexts').update({ current_status: status });
      expect(await start({ context_id: contextId })).toMatchObject({
        status: 409,
        body: { code: 'replication.not-allowed', hint: expect.any(String) },
      });
      expect(await api.db('job_tracking')).toEqual([]);
    },
  );

  test('a VM that nobody knows', async () => {
    expect(await start({ context_id: 'ctx-nowhere' })).toMatchObject({
      status: 404,
      body: { code: 'context.unknown' },
    });
    expect(await start({ context_id: 'ctx-ä' })).toMatchObject({ status: 404 });
    expect(await start({ vm_name: 'nobody' })).toMatchObject({ status: 404, body: { code: 'context.unknown-name' } });
  });

  test('a name that two vCenters have, and lists them; with vcenter_host it is clear', async () => {
    await known('twin', { vcenter_host: 'vc1' });
    const second = await known('twin', { vcenter_host: 'vc2' });

    const refused = await start({ vm_name: 'twin' });
    expect(refused).toMatchObject({
      status: 409,
      body: {
        code: 'context.ambiguous',
        errors: [
          { path: 'vcenter_host', message: 'vc1' },
          { path: 'vcenter_host', message: 'vc2' },
        ],
      },
    });
    expect(await start({ vm_name: 'twin', vcenter_host: 'vc2' })).toMatchObject({ body: { context_id: second } });
  });

  test('another VM under a known name, and a known VM under another name', async () => {
    await known();
    const other = await start({ source_vm: sourceVm('web01', { id: 'uuid-other' }), vcenter_host: 'vc1' });
    expect(other).toMatchObject({ status: 409, body: { code: 'context.other-vm' } });
    const renamed = await start({ source_vm: sourceVm('web09', { id: 'uuid-web01' }), vcenter_host: 'vc1' });
    expect(renamed).toMatchObject({ status: 409, body: { code: 'context.renamed' } });
  });

  test('a VM without disks, or without vcenter_host when it is new', async () => {
    const bare = await start({ source_vm: sourceVm('web01', { disks: [] }), vcenter_host: 'vc1' });
    expect(bare).toMatchObject({ status: 422, body: { code: 'replication.no-disks' } });
    expect(await api.db('vm_replication_contexts')).toEqual([]);

    const contextId = await known('web02', { source_vm: sourceVm('web02', { disks: [] }) });
    expect(await start({ context_id: contextId })).toMatchObject({
      status: 422,
      body: { code: 'replication.no-disks' },
    });

    const homeless = await start({ source_vm: sourceVm('web03') });
    expect(homeless).toMatchObject({ status: 422, body: { errors: [{ path: 'vcenter_host' }] } });
  });

  test('a target cloud that is missing, ambiguous or incomplete, and names what it lacks', async () => {
    const contextId = await known();
    await api.db('ossea_configs').update({ disk_offering_id: null, oma_vm_id: '' });
    expect(await start({ context_id: contextId })).toMatchObject({
      status: 422,
      body: {
        code: 'ossea-config.incomplete',
        errors: [{ path: 'ossea_config.disk_offering_id' }, { path: 'ossea_config.oma_vm_id' }],
      },
    });
    const second = await addTarget(api.db, { name: 'second' });
    expect(await start({ context_id: contextId })).toMatchObject({ body: { code: 'ossea-config.ambiguous' } });
    const third = { context_id: contextId, ossea_config_id: second + 1000 };
    expect(await start(third)).toMatchObject({ status: 422, body: { code: 'ossea-config.missing' } });

    await api.db('ossea_configs').update({ is_active: false });
    expect(await start({ context_id: contextId })).toMatchObject({
      status: 422,
      body: { code: 'ossea-config.missing' },
    });
    expect(await api.db('job_tracking')).toEqual([]);
  });

  test('to move a VM to another cloud than the one that its volumes are in', async () => {
    const contextId = await known();
    expect((await start({ context_id: contextId })).status).toBe(202);
    await free();
    const [volume] = await api
      .db('ossea_volumes')
      .insert({ volume_id: 'v-1', name: 'v', size_gb: 1, vm_context_id: contextId });
    await api.db('vm_disks').where('vm_context_id', contextId).update({ ossea_volume_id: volume });
    const second = await addTarget(api.db, { name: 'second' });

    expect(await start({ context_id: contextId, ossea_config_id: second })).toMatchObject({
      status: 409,
      body: { code: 'replication.other-target' },
    });
    // One that does not exist is no other cloud.
    expect(await start({ context_id: contextId, ossea_config_id: second + 1000 })).toMatchObject({
      status: 422,
      body: { code: 'ossea-config.missing', detail: expect.stringContaining(String(second + 1000)) },
    });
    // Which cloud is active makes no difference to it.
    expect(await start({ context_id: contextId })).toMatchObject({ status: 202 });
  });

  test('a VM that is added twice', async () => {
    await known();
    const again = await start({ source_vm: sourceVm('web01'), vcenter_host: 'vc1', start_replication: false });
    expect(again).toMatchObject({ status: 409, body: { code: 'context.exists' } });
  });

  test.each([
    [{}, 'context_id'],
    [{ context_id: 'a', vm_name: 'b' }, 'vm_name'],
    [{ context_id: 7 }, 'context_id'],
    [{ context_id: 'a', replication_type: 'full' }, 'replication_type'],
    [{ context_id: 'a', start_replication: 'no' }, 'start_replication'],
    [{ context_id: 'a', ossea_config_id: -1 }, 'ossea_config_id'],
    [{ source_vm: { name: 'x' } }, 'source_vm.id'],
    [{ source_vm: sourceVm('x', { disks: [{ id: 'd' }] }) }, 'source_vm.disks.0.capacity_bytes'],
    [
      {
        source_vm: sourceVm('x', {
          disks: [
            { id: 'd', size_gb: 1 },
            { id: 'd', size_gb: 1 },
          ],
        }),
      },
      'source_vm.disks',
    ],
  ])('the body %j, naming %s', async (body, path) => {
    const refused = await start(body);
    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
    expect(refused.body['errors']).toContainEqual({ path, message: expect.any(String) });
  });

  test('what is not JSON, or too long', async () => {
    expect(await start('{"context_id":')).toMatchObject({ status: 400, body: { code: 'request.malformed' } });
    expect(await start(JSON.stringify({ x: 'x'.repeat(1_100_000) }))).toMatchObject({
      status: 413,
      body: { code: 'request.too-large' },
    });
  });
});

describe('Idempotency-Key', () => {
  test('the same request again gets the same answer and makes no second job', async () => {
    const contextId = await known();
    const key = { 'idempotency-key': 'key-1' };
    const first = await start({ context_id: contextId }, key);
    const again = await start({ context_id: contextId }, key);

    expect(first.status).toBe(202);
    expect(again).toMatchObject({ status: 202, body: first.body });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await api.db('job_tracking')).toHaveLength(1);
    expect(await start({ context_id: contextId }, { 'idempotency-key': 'key-2' })).toMatchObject({ status: 409 });
  });

  test('ten copies at once make one job, and all of them hear of it', async () => {
    const contextId = await known();
    const key = { 'idempotency-key': 'key-many' };
    const replies = await Promise.all(Array.from({ length: 10 }, () => start({ context_id: contextId }, key)));

    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(replies.map(({ body }) => body['job_id'])).size).toBe(1);
  });

  test('a key that was used for another request is refused', async () => {
    const contextId = await known();
    const key = { 'idempotency-key': 'key-3' };
    expect((await start({ context_id: contextId }, key)).status).toBe(202);
    expect(await start({ context_id: contextId, replication_type: 'initial' }, key)).toMatchObject({
      status: 422,
      body: { code: 'idempotency.key-reused' },
    });
  });

  test('a refusal is not kept; a key of yesterday is free again; keys belong to their user', async () => {
    const key = { 'idempotency-key': 'key-4' };
    expect((await start({ vm_name: 'later' }, key)).status).toBe(404);
    await known('later');
    const first = await start({ vm_name: 'later' }, key);
    expect(first.status).toBe(202);
    await free();
    await api.db('idempotency_keys').update({ created_at: new Date(Date.now() - 25 * 3_600_000) });
    const next = await start({ vm_name: 'later' }, key);
    expect(next.status).toBe(202);
    expect(next.body['job_id']).not.toBe(first.body['job_id']);

    const { token } = await api.context.sessions.issue('somebody-else', 1);
    const other = await api.call('POST', '/replications', { body: { vm_name: 'later' }, headers: key, token });
    expect(other).toMatchObject({ status: 409, body: { code: 'context.busy' } });
  });

  test('works for adding a VM too, and must be printable', async () => {
    const body = { source_vm: sourceVm('web01'), vcenter_host: 'vc1', start_replication: false };
    const first = await start(body, { 'idempotency-key': 'add' });
    expect(await start(body, { 'idempotency-key': 'add' })).toMatchObject({ status: 201, body: first.body });
    expect(await start(body, { 'idempotency-key': 'x'.repeat(200) })).toMatchObject({ status: 400 });
  });
});

describe('POST /replications/{id}/cancel', () => {
  test('ends a job that never ran at once, and the VM is free again', async () => {
    const contextId = await known();
    const jobId = String((await start({ context_id: contextId })).body['job_id']);

    const reply = await api.call('POST', `/replications/${jobId}/cancel`);

    expect(reply).toMatchObject({ status: 202, body: { job_id: jobId, status: 'cancelled' } });
    const shown = await api.call('GET', `/replications/${jobId}`);
    expect(shown.body).toMatchObject({
      status: 'cancelled',
      error_code: 'job.cancelled',
      completed_at: expect.any(String),
    });
    const context = await api.call('GET', `/vm-contexts/by-id/${contextId}`);
    expect(context.body['context']).toMatchObject({ current_status: 'discovered', current_job_id: null });
    expect((await start({ context_id: contextId })).status).toBe(202);

    expect(await api.call('POST', `/replications/${jobId}/cancel`)).toMatchObject({
      status: 409,
      body: { code: 'job.terminal' },
    });
  });

  test('of a job that runs is noted for its worker', async () => {
    const jobId = String((await start({ context_id: await known() })).body['job_id']);
    await api
      .db('job_tracking')
      .where('id', jobId)
      .update({ status: 'running', dispatch_state: 'claimed', lease_epoch: 1 });

    expect((await api.call('POST', `/replications/${jobId}/cancel`)).status).toBe(202);
    const job = await api.call('GET', `/jobs/${jobId}`);
    expect(job.body).toMatchObject({ status: 'running', cancel_requested_at: expect.any(String) });
  });

  test('of an unknown job is refused', async () => {
    const reply = await api.call('POST', '/replications/job-none/cancel');
    expect(reply).toMatchObject({ status: 404, body: { code: 'replication.unknown' } });
  });
});
