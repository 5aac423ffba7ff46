import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addTarget, sourceVm, startTestApi, type TestApi } from '../../support/api.ts';
import { until } from '../../support/until.ts';

let api: TestApi;
const jobs: string[] = [];
const contexts: string[] = [];
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  api = stack.use(await startTestApi());
  await addTarget(api.db);
  for (const name of ['bravo', 'alpha', 'charlie']) {
    const body = { source_vm: sourceVm(name), vcenter_host: 'vc1' };
    const reply = await api.call('POST', '/replications', { body });
    jobs.push(String(reply.body['job_id']));
    contexts.push(String(reply.body['context_id']));
  }
});
afterAll(async () => {
  await stack.disposeAsync();
});

/** Follows next_cursor to the end. */
async function pages(path: string, list: string): Promise<unknown[][]> {
  const found: unknown[][] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const more = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { body }: { body: Record<string, unknown> } = await api.call('GET', `${path}${more}`);
    expect(body['count']).toBe(3);
    found.push(body[list] as unknown[]);
    cursor = body['next_cursor'] as string | null;
    if (found.length > 5) throw new Error('the pages do not end');
  }
  return found;
}

const field =
  (name: string) =>
  (row: unknown): unknown =>
    (row as Record<string, unknown>)[name];

describe('lists', () => {
  test('VMs come by name, in pages that neither repeat nor leave out', async () => {
    const found = await pages('/vm-contexts?limit=2', 'vm_contexts');
    expect(found.flat().map(field('vm_name'))).toEqual(['alpha', 'bravo', 'charlie']);
    expect((await pages('/vm-contexts?', 'vm_contexts'))[0]).toHaveLength(3);
  });

  test.each([
    ['/replications', 'replications'],
    ['/jobs', 'jobs'],
  ])('%s comes newest first, in pages, also when rows were made in the same millisecond', async (path, list) => {
    const at = new Date('2026-01-01T00:00:00.123Z');
    await api.db('replication_jobs').update({ created_at: at });
    await api.db('job_tracking').update({ created_at: at });
    for (const limit of [1, 2]) {
      const found = await pages(`${path}?limit=${limit}`, list);
      expect(found.flat().map(field('job_id'))).toEqual(jobs.toSorted().reverse());
    }
  });

  test('filters narrow the rows and the count', async () => {
    await api
      .db('replication_jobs')
      .where('id', jobs[0] ?? '')
      .update({ status: 'failed' });
    const failed = await api.call('GET', '/replications?status=failed');
    expect(failed.body).toMatchObject({ count: 1, replications: [{ job_id: jobs[0], status: 'failed' }] });
    await api.db('replication_jobs').update({ status: 'pending' });
    const mine = await api.call('GET', `/replications?context_id=${contexts[1] ?? ''}`);
    expect(mine.body).toMatchObject({ count: 1, replications: [{ job_id: jobs[1] }] });
    expect((await api.call('GET', '/jobs?queue=failover')).body).toMatchObject({ count: 0, jobs: [] });
    expect((await api.call('GET', '/jobs?status=pending&queue=replicate')).body).toMatchObject({ count: 3 });
    expect((await api.call('GET', '/vm-contexts?status=failed')).body).toMatchObject({ count: 0 });
    expect((await api.call('GET', '/vm-contexts?vcenter_host=vc1')).body).toMatchObject({ count: 3 });
  });

  test('jobs are found by what they are, who asked for them and when', async () => {
    const moment = (minute: number): Date => new Date(Date.UTC(2026, 5, 1, 12, minute));
    const job = { context_id: contexts[0], created_at: moment(0), queue: 'attach-volume', payload: '{}' };
    const kind = { job_type: 'volume_daemon', job_category: 'system', operation: 'attach-volume' };
    await api.db('job_tracking').insert([
      { ...job, ...kind, id: 'volume-1', parent_job_id: jobs[0] },
      { ...job, ...kind, id: 'volume-2', created_at: moment(10), operation: 'other' },
    ]);
    const found = async (query: string): Promise<unknown[]> => {
      const { body } = await api.call('GET', `/jobs?${query}`);
      return (body['jobs'] as unknown[]).map(field('job_id'));
    };
    expect(await found(`parent_job_id=${jobs[0] ?? ''}`)).toEqual(['volume-1']);
    expect(await found('job_type=volume_daemon')).toEqual(['volume-2', 'volume-1']);
    expect(await found('operation=attach-volume')).toEqual(['volume-1']);
    expect(await found('job_type=volume_daemon&since=2026-06-01T12:10:00Z')).toEqual(['volume-2']);
    expect(await found('job_type=volume_daemon&until=2026-06-01T12:10:00Z')).toEqual(['volume-1']);
    const offset = encodeURIComponent('2026-06-01T14:05:00+02:00');
    expect(await found(`job_type=volume_daemon&since=${offset}`)).toEqual(['volume-2']);
    await api.db('job_tracking').where('queue', 'attach-volume').delete();
    for (const query of ['since=yesterday', 'job_type=nonsense', 'until=2026-06-01']) {
      expect(await api.call('GET', `/jobs?${query}`)).toMatchObject({ status: 400 });
    }
  });

  test.each(['?limit=0', '?limit=1001', '?limit=x', '?cursor=nonsense', '?nonsense=1', '?status=nonsense'])(
    'the query %s is refused',
    async (query) => {
      for (const path of ['/vm-contexts', '/replications', '/jobs']) {
        expect(await api.call('GET', `${path}${query}`)).toMatchObject({
          status: 400,
          body: { code: 'request.invalid', errors: [expect.any(Object)] },
        });
      }
    },
  );
});

describe('GET /vm-contexts/{vm_name}', () => {
  test('shows the job that runs in the shape of the seed, with numbers as numbers', async () => {
    await api
      .db('replication_jobs')
      .where('id', jobs[0] ?? '')
      .update({
        status: 'running',
        progress_percent: 49.31,
        bytes_transferred: '19058917376',
        total_bytes: '38654705664',
        transfer_speed_bps: 12_013_439,
        vma_throughput_mbps: 11.46,
        vma_eta_seconds: 1631,
        current_operation: 'Transferring Data',
      });
    await api.db('cbt_history').insert({
      job_id: jobs[0],
      vm_context_id: contexts[0],
      disk_id: 'disk-2000',
      sync_type: 'full',
      sync_success: true,
    });

    const reply = await api.call('GET', '/vm-contexts/bravo');

    expect(reply.body).toMatchObject({
      context: { context_id: contexts[0], vm_name: 'bravo', current_status: 'replicating', current_job_id: jobs[0] },
      current_job: {
        id: jobs[0],
        status: 'running',
        progress_percent: 49.31,
        current_operation: 'Transferring Data',
        bytes_transferred: 19_058_917_376,
        total_bytes: 38_654_705_664,
        transfer_speed_bps: 12_013_439,
        vma_throughput_mbps: 11.46,
        vma_eta_seconds: 1631,
      },
      job_history: [{ job_id: jobs[0] }],
      disks: [
        {
          disk_id: 'disk-2000',
          size_gb: 102,
          capacity_bytes: 109_521_666_048,
          cpu_count: 2,
          memory_mb: 8192,
          os_type: 'windows',
        },
        { disk_id: 'disk-2001' },
      ],
      cbt_history: [{ disk_id: 'disk-2000', sync_success: true }],
    });
    const [disk] = reply.body['disks'] as { network_config: string }[];
    expect(JSON.parse(disk?.network_config ?? '')).toMatchObject([{ network_name: 'VM Network' }]);
  });

  test('finds a VM whose name is no plain word, and tells of one that is not there', async () => {
    const body = { source_vm: sourceVm('Ünïcode / & 100%'), vcenter_host: 'vc1', start_replication: false };
    expect((await api.call('POST', '/replications', { body })).status).toBe(201);
    const reply = await api.call('GET', `/vm-contexts/${encodeURIComponent('Ünïcode / & 100%')}`);
    expect(reply.body).toMatchObject({ context: { vm_name: 'Ünïcode / & 100%' }, current_job: null });
    await api.db('vm_replication_contexts').where('current_status', 'discovered').delete();

    expect(await api.call('GET', '/vm-contexts/nobody')).toMatchObject({
      status: 404,
      body: { code: 'context.unknown-name' },
    });
    expect(await api.call('GET', '/vm-contexts/bravo?vcenter_host=vc9')).toMatchObject({ status: 404 });
    expect(await api.call('GET', '/vm-contexts/by-id/nobody')).toMatchObject({
      status: 404,
      body: { code: 'context.unknown' },
    });
  });

  test('asks which vCenter where two have the name', async () => {
    const twin = { source_vm: sourceVm('bravo'), vcenter_host: 'vc2', start_replication: false };
    expect((await api.call('POST', '/replications', { body: twin })).status).toBe(201);

    expect(await api.call('GET', '/vm-contexts/bravo')).toMatchObject({
      status: 409,
      body: { code: 'context.ambiguous', errors: [{ message: 'vc1' }, { message: 'vc2' }] },
    });
    const one = await api.call('GET', '/vm-contexts/bravo?vcenter_host=vc1');
    expect(one.body).toMatchObject({ context: { context_id: contexts[0] } });
    await api.db('vm_replication_contexts').where('vcenter_host', 'vc2').delete();
  });
});

describe('progress', () => {
  test('is what the row has, with whether the worker reported of late', async () => {
    const path = `/replications/${jobs[1] ?? ''}/progress`;
    await api
      .db('replication_jobs')
      .where('id', jobs[1] ?? '')
      .update({
        status: 'running',
        progress_percent: '12.50',
        vma_eta_seconds: 90,
        vma_last_poll_at: new Date(),
      });
    expect((await api.call('GET', path)).body).toMatchObject({
      progress_percent: 12.5,
      vma_progress: { eta_formatted: '1 min 30 s', is_live: true },
    });
    await api
      .db('replication_jobs')
      .where('id', jobs[1] ?? '')
      .update({ vma_last_poll_at: new Date(Date.now() - 60_000) });
    expect((await api.call('GET', path)).body).toMatchObject({ vma_progress: { is_live: false } });
    expect(await api.call('GET', '/replications/none/progress')).toMatchObject({ status: 404 });
  });

  test('in the shape of the VMA comes from the row where the VMA does not answer', async () => {
    const jobId = jobs[1] ?? '';
    expect((await api.call('GET', `/progress/${jobId}`)).body).toMatchObject({
      job_id: jobId,
      percentage: 12.5,
      timing: { eta_seconds: 90 },
      disk_progresses: [{ disk_id: 'disk-2000' }, { disk_id: 'disk-2001' }],
    });
    expect(await api.call('GET', '/progress/none')).toMatchObject({
      status: 404,
      body: { code: 'replication.unknown' },
    });
    expect(await api.call('GET', '/progress/..%2f..')).toMatchObject({ status: 400 });
  });
});

describe('GET /jobs/{id}', () => {
  test('shows steps and children', async () => {
    const jobId = jobs[2] ?? '';
    await api.db('job_steps').insert([
      { job_id: jobId, name: 'prepare', seq: 1, status: 'completed', completed_at: new Date() },
      { job_id: jobId, name: 'copy-disks', seq: 2, status: 'running' },
    ]);
    const reply = await api.call('GET', `/jobs/${jobId}`);
    expect(reply.body).toMatchObject({
      job_id: jobId,
      queue: 'replicate',
      operation: 'replicate',
      attempt: 0,
      max_attempts: 20,
      steps: [
        { name: 'prepare', status: 'completed' },
        { name: 'copy-disks', status: 'running', completed_at: null },
      ],
      children: [],
    });
    expect(reply.body).not.toHaveProperty('payload');
    expect(await api.call('GET', '/jobs/none')).toMatchObject({ status: 404, body: { code: 'job.unknown' } });
  });
});

describe('the API as a whole', () => {
  test('describes every route, with its answers and refusals', async () => {
    const { body } = await api.call('GET', '/openapi.json');
    const paths = body['paths'] as Record<string, Record<string, { responses: object; security: object[] }>>;

    for (const route of api.routes) {
      const described = paths[route.path]?.[route.method];
      const promised = [...Object.keys(route.answers), ...route.refusals.map(({ status }) => String(status))];
      expect(Object.keys(described?.responses ?? {})).toEqual(expect.arrayContaining(promised));
      expect(described?.security).toHaveLength(route.open ? 0 : 2);
    }
    expect(Object.values(paths).flatMap((methods) => Object.keys(methods))).toHaveLength(api.routes.length);
    expect(body).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3-test' } });
    const names = Object.keys((body['components'] as { schemas: object }).schemas);
    expect(names).toEqual(expect.arrayContaining(['Problem', 'VmContextDetail', 'Replication', 'StartReplication']));
  });

  test('answers with a problem document whatever is asked', async () => {
    expect(await api.call('GET', '/nothing')).toMatchObject({ status: 404, body: { code: 'route.unknown' } });
    expect(await api.call('GET', '/vm-contexts/%zz')).toMatchObject({
      status: 400,
      body: { code: 'request.malformed' },
    });
    const reply = await api.call('GET', '/jobs/none', { headers: { 'x-request-id': 'mine-1' } });
    expect(reply.body).toMatchObject({ request_id: 'mine-1', instance: '/api/v1/jobs/none' });
    expect(reply.headers.get('x-powered-by')).toBeNull();
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('is healthy, alive and ready', async () => {
    await until(() => api.context.ledger.doorbell.isReady(), { withinMs: 60_000, what: 'redis' });
    expect((await api.call('GET', '/health', { token: '' })).body).toMatchObject({
      status: 'healthy',
      database: 'ok',
      redis: 'ok',
      // Neither runs here: requests need neither.
      vma: 'unreachable',
      volume_daemon: 'unreachable',
      version: '1.2.3-test',
    });
    expect((await fetch(`${api.url}/health`)).status).toBe(200);
    expect((await api.call('GET', '/health/live', { token: '' })).status).toBe(200);
    expect(await api.call('GET', '/health/ready', { token: '' })).toMatchObject({
      status: 200,
      body: {
        status: 'ready',
        away: [
          { part: 'vma', code: 'vma.unreachable', hint: expect.stringContaining('MIGRATEKIT_VMA_URL') },
          { part: 'volume-daemon', code: 'volume-daemon.unreachable', hint: expect.stringContaining('jobs wait') },
        ],
      },
    });
  });
});
