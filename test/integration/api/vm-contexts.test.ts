import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sourceVm, startTestApi, type TestApi } from '../../support/api.ts';
import { makeContext, makeDisk, makeJob, makeReplicationJob } from '../../support/factories.ts';

let api: TestApi;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  api = stack.use(await startTestApi());
  for (const [name, columns] of VMS) {
    await makeContext(api.db, { context_id: `ctx-${name}`, vm_name: name, ...columns });
  }
  await api.db('vm_machine_groups').insert([
    { id: 'group-1', name: 'shop' },
    { id: 'group-2', name: 'nightly' },
  ]);
  await api.db('vm_group_memberships').insert([
    { group_id: 'group-1', vm_context_id: 'ctx-web01', priority: 20, enabled: false },
    { group_id: 'group-2', vm_context_id: 'ctx-web01', priority: 10 },
    { group_id: 'group-1', vm_context_id: 'ctx-Web02' },
  ]);
});
afterAll(async () => {
  await stack.disposeAsync();
});

const VMS: readonly [name: string, columns: Record<string, unknown>][] = [
  ['db_1', { vcenter_host: 'vc2' }],
  ['db-11', { current_status: 'failed' }],
  ['web01', { current_status: 'ready_for_failover' }],
  ['Web02', {}],
  ['ungrouped', {}],
];

async function names(query: string): Promise<unknown[]> {
  const { body } = await api.call('GET', `/vm-contexts${query}`);
  const rows = body['vm_contexts'] as { vm_name: string }[];
  expect(body['count']).toBe(rows.length);
  return rows.map((row) => row.vm_name);
}

describe('GET /vm-contexts', () => {
  test.each([
    ['?status=failed', ['db-11']],
    ['?vcenter_host=vc2', ['db_1']],
    ['?q=WEB', ['Web02', 'web01']],
    ['?q=b-1', ['db-11']],
    ['?q=db_1', ['db_1']],
    ['?q=%25', []],
    ['?q=%5C', []],
    ['?vm_name=web', ['web01']],
    ['?vm_name=db_', ['db_1']],
    ['?vm_name=%25', []],
    ['?group=shop', ['Web02', 'web01']],
    ['?group=group-2', ['web01']],
    ['?group=nobody', []],
    ['?ungrouped=true', ['db-11', 'db_1', 'ungrouped']],
    ['?ungrouped=false', ['Web02', 'web01']],
    ['?ungrouped=true&vcenter_host=vc2', ['db_1']],
    ['/ungrouped', ['db-11', 'db_1', 'ungrouped']],
  ])('%s finds %j', async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  test.each(['?ungrouped=yes', '?q=', '?vm_name=', '?group=', '/ungrouped?status=failed', '/ungrouped?limit=0'])(
    '%s is refused',
    async (query) => {
      expect(await api.call('GET', `/vm-contexts${query}`)).toMatchObject({
        status: 400,
        body: { code: 'request.invalid', errors: [expect.any(Object)] },
      });
    },
  );

  test('pages of a filtered list neither repeat nor leave out', async () => {
    const found: unknown[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const more: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const reply = await api.call('GET', `/vm-contexts/ungrouped?limit=1${more}`);
      expect(reply.body['count']).toBe(3);
      found.push(...(reply.body['vm_contexts'] as { vm_name: string }[]).map((row) => row.vm_name));
      cursor = reply.body['next_cursor'] as string | null;
      if (found.length > 3) throw new Error('the pages do not end');
    }
    expect(found).toEqual(['db-11', 'db_1', 'ungrouped']);
  });

  test('shows the groups of each VM, by priority', async () => {
    const { body } = await api.call('GET', '/vm-contexts?vm_name=web01');
    expect(body['vm_contexts']).toMatchObject([
      {
        group_count: 2,
        groups: [
          { group_id: 'group-2', group_name: 'nightly', priority: 10, enabled: true },
          { group_id: 'group-1', group_name: 'shop', priority: 20, enabled: false },
        ],
      },
    ]);
    const one = await api.call('GET', '/vm-contexts/by-id/ctx-Web02');
    expect(one.body['context']).toMatchObject({ group_count: 1, groups: [{ group_name: 'shop', enabled: true }] });
  });

  test('tells how large the copy of a VM is, and since when at least it is as it is', async () => {
    const { context_id: contextId } = await makeContext(api.db, { vm_name: 'copied', vcenter_host: 'vc3' });
    const before = (await api.call('GET', '/vm-contexts?vcenter_host=vc3')).body['vm_contexts'];
    expect(before).toMatchObject([{ disk_count: 0, capacity_bytes: null, last_sync_at: null }]);

    const begun = new Date('2026-01-14T09:30:00.000Z');
    const job = await makeReplicationJob(api.db, contextId, { status: 'completed', started_at: begun });
    await api.db('vm_replication_contexts').where({ context_id: contextId }).update({ last_successful_job_id: job.id });
    await makeDisk(api.db, { contextId, jobId: job.id }, { disk_id: 'disk-2000', capacity_bytes: 5_000 });
    await makeDisk(api.db, { contextId, jobId: job.id }, { disk_id: 'disk-2001', capacity_bytes: 7_000 });

    const copy = { disk_count: 2, capacity_bytes: 12_000, last_sync_at: begun.toISOString() };
    const list = await api.call('GET', '/vm-contexts?vcenter_host=vc3');
    expect(list.body['vm_contexts']).toMatchObject([copy]);
    const one = await api.call('GET', `/vm-contexts/by-id/${contextId}`);
    expect(one.body['context']).toMatchObject(copy);
    await api.db('vm_replication_contexts').where({ context_id: contextId }).delete();
  });

  test('asks the database as often for 500 VMs in groups as for one', async () => {
    const vms = Array.from({ length: 500 }, (_none, index) => `many-${index}`);
    await api.db('vm_replication_contexts').insert(
      vms.map((name) => ({
        context_id: `ctx-${name}`,
        vm_name: name,
        vmware_vm_id: name,
        vm_path: `/DC/vm/${name}`,
        vcenter_host: 'vc9',
        datacenter: 'DC',
      })),
    );
    await api
      .db('vm_group_memberships')
      .insert(
        vms.flatMap((name) => ['group-1', 'group-2'].map((group_id) => ({ group_id, vm_context_id: `ctx-${name}` }))),
      );

    const one = await statementsOf('/vm-contexts?vm_name=web01');
    const many = await statementsOf('/vm-contexts?vcenter_host=vc9&limit=1000');

    expect(many.body).toMatchObject({ count: 500 });
    expect((many.body['vm_contexts'] as { group_count: number }[]).map((vm) => vm.group_count)).toEqual(
      Array.from({ length: 500 }, () => 2),
    );
    expect([one.statements, many.statements]).toEqual([5, 5]);
    await api.db('vm_replication_contexts').where('vcenter_host', 'vc9').delete();
  });
});

async function statementsOf(path: string): Promise<{ statements: number; body: Record<string, unknown> }> {
  let statements = 0;
  api.context.db.on('query', () => (statements += 1));
  try {
    const { body } = await api.call('GET', path);
    return { statements, body };
  } finally {
    api.context.db.removeAllListeners('query');
  }
}

describe('a VM that is called ungrouped', () => {
  test('is found by its id and in the list by its name', async () => {
    expect((await api.call('GET', '/vm-contexts/ungrouped')).body).toHaveProperty('vm_contexts');
    expect((await api.call('GET', '/vm-contexts/by-id/ctx-ungrouped')).body).toMatchObject({
      context: { vm_name: 'ungrouped' },
    });
    expect(await names('?vm_name=ungrouped')).toEqual(['ungrouped']);
  });
});

describe('disks', () => {
  test('are those that the source described before the first job, and those of the jobs afterwards', async () => {
    const body = { source_vm: sourceVm('fresh'), vcenter_host: 'vc1', start_replication: false };
    const added = await api.call('POST', '/replications', { body });
    const contextId = String(added.body['context_id']);
    const fromSource = [
      {
        id: null,
        disk_id: 'disk-2000',
        vmdk_path: '[ds] fresh/fresh.vmdk',
        size_gb: 102,
        capacity_bytes: 109_521_666_048,
        cpu_count: 2,
        memory_mb: 8192,
        os_type: 'windows',
        sync_status: 'pending',
        disk_change_id: null,
      },
      { id: null, disk_id: 'disk-2001', size_gb: 1, capacity_bytes: 1024 ** 3 },
    ];

    const before = await api.call('GET', `/vm-contexts/${contextId}/disks`);
    expect(before.body).toMatchObject({ context_id: contextId, count: 2, disks: fromSource });
    expect((await api.call('GET', '/vm-contexts/fresh')).body).toMatchObject({ disks: fromSource });

    const job = await makeReplicationJob(api.db, contextId);
    const disk = await makeDisk(api.db, { contextId, jobId: job.id }, { bytes_synced: 7 });
    const after = await api.call('GET', `/vm-contexts/${contextId}/disks`);
    expect(after.body).toMatchObject({ count: 1, disks: [{ id: disk.id, disk_id: 'disk-2000', bytes_synced: 7 }] });
    await api.db('vm_replication_contexts').where('context_id', contextId).delete();
  });

  test('are none where nobody described any, or in a shape of another version', async () => {
    await api
      .db('vm_replication_contexts')
      .where('context_id', 'ctx-Web02')
      .update({ source_inventory: JSON.stringify({ kind: 'other' }) });
    for (const id of ['ctx-web01', 'ctx-Web02']) {
      expect((await api.call('GET', `/vm-contexts/${id}/disks`)).body).toMatchObject({ count: 0, disks: [] });
    }
  });
});

describe('recent jobs', () => {
  const at = (minute: number): Date => new Date(Date.UTC(2026, 0, 1, 0, minute));

  test('are replications, failovers, rollbacks and deletions in one list, newest first', async () => {
    const context = await makeContext(api.db, { context_id: 'ctx-busy', vm_name: 'busy' });
    const of = (minute: number): Record<string, unknown> => ({ created_at: at(minute), started_at: at(minute) });
    const replication = await makeReplicationJob(api.db, context.context_id, {
      ...of(1),
      replication_type: 'incremental',
      status: 'failed',
      completed_at: at(3),
      progress_percent: 12.5,
      error_message: 'the VMA does not answer',
      error_code: 'vma.unreachable',
      error_hint: 'check that the VMA runs; then start it again',
    });
    const ledger = { context_id: context.context_id, queue: 'failover', job_type: 'failover' };
    const failover = await makeJob(api.db, { ...ledger, ...of(5), status: 'running', job_category: 'failover' });
    await api.db('failover_jobs').insert({
      job_id: failover.id,
      vm_id: 'busy',
      vm_context_id: context.context_id,
      job_type: 'live',
      source_vm_name: 'busy',
      progress_percent: 50,
    });
    await api.db('job_steps').insert([
      { job_id: failover.id, name: 'validate', seq: 1, status: 'completed' },
      { job_id: failover.id, name: 'create-vm', seq: 2, status: 'running' },
      { job_id: failover.id, name: 'notify', seq: 3, status: 'skipped' },
    ]);
    const cleanup = { ...ledger, job_type: 'cleanup', job_category: 'failover' };
    const rollback = await makeJob(api.db, { ...cleanup, ...of(4), queue: 'rollback', status: 'completed' });
    const deletion = await makeJob(api.db, { ...cleanup, created_at: at(6), queue: 'delete-job' });
    // Neither the row of the ledger of a replication, nor a child, is a job of its own here.
    await makeJob(api.db, { id: replication.id, context_id: context.context_id, created_at: at(1) });
    await makeJob(api.db, { ...cleanup, created_at: at(7), parent_job_id: failover.id });

    const { body } = await api.call('GET', '/vm-contexts/ctx-busy/recent-jobs');

    expect(body).toMatchObject({
      context_id: 'ctx-busy',
      count: 4,
      jobs: [
        { job_id: deletion.id, job_type: 'deletion', status: 'pending', started_at: null, duration_seconds: 0 },
        {
          job_id: failover.id,
          job_type: 'live_failover',
          status: 'running',
          progress: 50,
          current_step: 'create-vm',
          data_source: 'job_tracking',
        },
        { job_id: rollback.id, job_type: 'rollback', progress: 100, display_name: 'Rollback' },
        {
          job_id: replication.id,
          job_type: 'replication',
          status: 'failed',
          progress: 12.5,
          display_name: 'Incremental replication',
          error_message: 'the VMA does not answer',
          error_category: 'connectivity',
          actionable_steps: ['check that the VMA runs', 'then start it again'],
          data_source: 'replication_jobs',
          duration_seconds: 120,
        },
      ],
    });
  });

  test('are at most 20, of which at most 10 replications', async () => {
    const context = await makeContext(api.db, { context_id: 'ctx-old', vm_name: 'old' });
    for (let minute = 0; minute < 15; minute += 1) {
      await makeReplicationJob(api.db, context.context_id, { id: `r-${minute}`, created_at: at(minute) });
      const ledger = { context_id: context.context_id, queue: 'rollback', job_type: 'cleanup' };
      await makeJob(api.db, { ...ledger, id: `f-${minute}`, created_at: at(minute) });
    }
    const { statements, body } = await statementsOf('/vm-contexts/ctx-old/recent-jobs');
    const ids = (body['jobs'] as { job_id: string }[]).map((job) => job.job_id);
    expect(ids).toHaveLength(20);
    expect(ids.slice(0, 4)).toEqual(['r-14', 'f-14', 'r-13', 'f-13']);
    expect(ids.filter((id) => id.startsWith('r-'))).toHaveLength(10);
    expect(statements).toBe(4);
  });

  test('are none for a VM that never had one', async () => {
    expect((await api.call('GET', '/vm-contexts/ctx-web01/recent-jobs')).body).toMatchObject({ count: 0, jobs: [] });
  });
});

test.each(['by-id/nobody', 'nobody/disks', 'nobody/recent-jobs'])('/vm-contexts/%s is not found', async (path) => {
  expect(await api.call('GET', `/vm-contexts/${path}`)).toMatchObject({
    status: 404,
    body: { code: 'context.unknown', hint: expect.any(String) },
  });
});
