import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Knex } from '../../../src/db/knex.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { makeContext, makeJob } from '../../support/factories.ts';

let database: TestDatabase;
let db: Knex;
beforeAll(async () => {
  database = await createTestDatabase();
  db = database.knex;
});
afterAll(() => database[Symbol.asyncDispose]());

const at = (minutes: number): Date => new Date(Date.UTC(2026, 10, 22, 12, minutes));

describe('views of jobs', () => {
  test('active_jobs shows what is not over, with its seconds and its errors from both logs', async () => {
    const running = await makeJob(db, {
      status: 'running',
      started_at: db.raw('utc_timestamp() - interval 90 second'),
    });
    const waiting = await makeJob(db);
    for (const status of ['completed', 'failed', 'cancelled']) await makeJob(db, { status });
    const levels = ['ERROR', 'ERROR', 'WARN'];
    await db('log_events').insert(levels.map((level) => ({ job_id: running.id, level, message: 'x' })));
    await db('job_execution_log').insert({ job_id: running.id, log_level: 'ERROR', message: 'x' });
    const rows = (await db('active_jobs').orderBy('created_at')) as { id: string; seconds_running: number }[];
    const of = (id: string) => rows.find((row) => row.id === id);
    expect(rows.map((row) => row.id).toSorted()).toEqual([running.id, waiting.id].toSorted());
    expect(of(running.id)).toMatchObject({ error_count: 3 });
    expect(of(running.id)?.seconds_running).toBeGreaterThanOrEqual(90);
    expect(of(waiting.id)).toMatchObject({ error_count: 0, seconds_running: null });
  });

  test('job_tracking_hierarchy tells root from child, counts children and measures ended jobs by their end', async () => {
    const root = await makeJob(db, {
      operation: 'failover',
      status: 'completed',
      started_at: at(0),
      completed_at: at(2),
    });
    const child = await makeJob(db, { parent_job_id: root.id });
    const grandchild = await makeJob(db, { parent_job_id: child.id });
    const of = (id: string) => db('job_tracking_hierarchy').where({ id }).first() as Promise<unknown>;
    expect(await of(root.id)).toMatchObject({
      job_level: 'root',
      root_job_id: root.id,
      child_count: 1,
      duration_seconds: 120,
    });
    expect(await of(child.id)).toMatchObject({
      job_level: 'child',
      root_job_id: root.id,
      child_count: 1,
      parent_operation: 'failover',
      duration_seconds: null,
    });
    expect(await of(grandchild.id)).toMatchObject({ job_level: 'child', root_job_id: root.id, child_count: 0 });
  });
});

describe('views of schedules', () => {
  let contexts: { context_id: string }[];
  beforeAll(async () => {
    contexts = await Promise.all([1, 2, 3, 4].map((n) => makeContext(db, { scheduler_enabled: n === 4 ? 0 : 1 })));
    await db('replication_schedules').insert([
      { id: 'nightly', name: 'nightly', cron_expression: '0 2 * * *', next_execution_at: at(50) },
      { id: 'hourly', name: 'hourly', cron_expression: '0 * * * *' },
      { id: 'off', name: 'off', cron_expression: '0 * * * *', enabled: 0 },
    ]);
    await db('vm_machine_groups').insert([
      { id: 'web', name: 'web', schedule_id: 'nightly' },
      { id: 'all', name: 'all', schedule_id: 'nightly' },
    ]);
    const [a, b, c, d] = contexts.map((row) => row.context_id);
    await db('vm_group_memberships').insert([
      { group_id: 'web', vm_context_id: a },
      { group_id: 'all', vm_context_id: a },
      { group_id: 'web', vm_context_id: b, schedule_override_id: 'hourly' },
      { group_id: 'web', vm_context_id: c, enabled: 0 },
      { group_id: 'web', vm_context_id: d },
    ]);
    const ran = { schedule_id: 'nightly', group_id: 'web' };
    const numbers = { jobs_created: 3, jobs_completed: 2, jobs_failed: 1, vms_eligible: 4 };
    await db('schedule_executions').insert([
      { id: 'e1', ...ran, scheduled_at: at(1), status: 'failed' },
      {
        id: 'e2',
        ...ran,
        ...numbers,
        scheduled_at: at(10),
        started_at: at(10),
        completed_at: at(11),
        status: 'completed',
      },
      { id: 'e3', schedule_id: 'nightly', scheduled_at: at(50), status: 'scheduled' },
    ]);
  });

  test('active_schedules counts each VM once, under the schedule that applies to it', async () => {
    const rows: unknown[] = await db('active_schedules').orderBy('id');
    expect(rows).toMatchObject([
      { id: 'hourly', group_count: 0, vm_count: 1, last_execution: null, next_execution: null },
      {
        id: 'nightly',
        group_count: 2,
        vm_count: 1,
        last_execution: at(10),
        last_execution_status: 'completed',
        next_execution: at(50),
      },
    ]);
  });

  test('schedule_execution_summary gives names, rate and duration, and no rate of nothing', async () => {
    const rows: unknown[] = await db('schedule_execution_summary').orderBy('id');
    expect(rows).toMatchObject([
      { id: 'e1', success_rate_percent: null },
      { id: 'e2', schedule_name: 'nightly', group_name: 'web', success_rate_percent: '66.67', duration_seconds: 60 },
      { id: 'e3', group_name: null, duration_seconds: null },
    ]);
  });

  test('vm_schedule_status shows each VM that may be scheduled, its groups, schedules and active job', async () => {
    const [a, b, c] = contexts.map((row) => row.context_id);
    const job = await makeJob(db, { active_context_id: b, context_id: b, status: 'running' });
    const rows: unknown[] = await db('vm_schedule_status').orderBy(['context_id', 'group_id']);
    const of = (id: string | undefined) => rows.filter((row) => (row as { context_id: string }).context_id === id);
    expect(rows).toHaveLength(4);
    expect(of(a)).toMatchObject([
      { group_name: 'all' },
      { group_name: 'web', schedule_name: 'nightly', active_job_id: null },
    ]);
    expect(of(b)).toMatchObject([{ schedule_name: 'hourly', active_job_id: job.id, active_job_status: 'running' }]);
    expect(of(c)).toMatchObject([{ membership_enabled: 0, schedule_enabled: 1 }]);
  });
});
