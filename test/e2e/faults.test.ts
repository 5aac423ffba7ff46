import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MiB } from '../../src/base/units.ts';
import { openLabDatabase } from '../support/lab-database.ts';
import { SHORT_LEASES, TestLab } from '../support/lab.ts';
import { standStill } from '../support/processes.ts';
import { until } from '../support/until.ts';

jest.setTimeout(600_000);

/** Slow enough to act in mid-copy; the first VM has 280 MiB to move. */
const RATE = String(24 * MiB);
/** One of them is killed. */
const WORKERS = '3';
let lab: TestLab;

beforeAll(async () => {
  lab = await TestLab.upWith(SHORT_LEASES, '--rate', RATE, '--workers', WORKERS);
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

/** Starts a copy of everything, whatever the tests before have copied. */
const copyAll = (): Promise<string> => lab.replicate('lab-vm-1', { replication_type: 'initial' });

async function expectEqualDisks(): Promise<void> {
  for (const { source, target } of await lab.hashes()) expect(target).toBe(source);
}

describe('in the middle of a copy', () => {
  test('a worker killed with kill -9 costs nothing but what was not flushed: another one resumes and completes', async () => {
    const jobId = await copyAll();
    const { worker_pid: pid } = await lab.copying(jobId);
    process.kill(pid, 'SIGKILL');
    const job = await lab.ended(jobId);

    expect(job).toMatchObject({ status: 'completed' });
    await expectEqualDisks();
    await using db = openLabDatabase(lab.state);
    expect(await db.attempt(jobId)).toBeGreaterThanOrEqual(2);
    // What the second attempt found done is what it did not copy again.
    expect(await db.resumedBytes(jobId)).toBeGreaterThan(0);
  });

  test('a worker stopped beyond its lease and woken up writes nothing: its export is gone', async () => {
    const jobId = await copyAll();
    const { worker_pid: pid } = await lab.copying(jobId);
    await standStill(pid);
    await until(async () => newWorkerOf(await lab.status(), { jobId, not: pid }), {
      withinMs: 60_000,
      what: 'another worker',
    });
    process.kill(pid, 'SIGCONT');
    const job = await lab.ended(jobId);

    expect(job).toMatchObject({ status: 'completed' });
    await expectEqualDisks();
    await using db = openLabDatabase(lab.state);
    expect(await db.attempt(jobId)).toBeGreaterThanOrEqual(2);
  });

  test('FLUSHALL loses nothing', async () => {
    const jobId = await copyAll();
    await lab.copying(jobId);
    redis('FLUSHALL');
    const job = await lab.ended(jobId);

    expect(job).toMatchObject({ status: 'completed' });
    await expectEqualDisks();
    // And the queues live on.
    expect(await lab.ended(await lab.replicate())).toMatchObject({ status: 'completed' });
  });

  test('cancel ends it, frees the VM and takes export and session with it', async () => {
    const jobId = await copyAll();
    await lab.copying(jobId);
    const { status } = await lab.api('POST', `/replications/${jobId}/cancel`, {});
    const job = await lab.ended(jobId);

    expect(status).toBe(202);
    expect(job).toMatchObject({ status: 'cancelled' });
    await using db = openLabDatabase(lab.state);
    expect(await db.openExports()).toBe(0);
    expect(await lab.ended(await lab.replicate())).toMatchObject({ status: 'completed' });
    await expectEqualDisks();
  });
});

test('Redis away while a job is posted: 202, and it runs when Redis is back', async () => {
  const pid = Number(redis('INFO', 'server').match(/process_id:(\d+)/)?.[1]);
  await standStill(pid);
  const posted = await lab.api('POST', '/replications', { vm_name: 'lab-vm-1' });
  process.kill(pid, 'SIGCONT');
  const job = await lab.ended(String(posted.body['job_id']));

  expect(posted.status).toBe(202);
  expect(job).toMatchObject({ status: 'completed' });
});

function redis(...command: string[]): string {
  const url = new URL(lab.state.redis.url);
  return execFileSync('redis-cli', ['-h', url.hostname, '-p', url.port, ...command], {
    env: { ...process.env, REDISCLI_AUTH: url.password },
    encoding: 'utf8',
  });
}

function newWorkerOf(state: TestLab['state'], job: { jobId: string; not: number }): boolean {
  const seen = state.jobs.find((each) => each.job_id === job.jobId);
  return seen?.worker_pid !== null && seen?.worker_pid !== undefined && seen.worker_pid !== job.not;
}
