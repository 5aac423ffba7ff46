import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { precondition, cancelled, upstream, type AppError } from '../../../src/base/errors.ts';
import { inTransaction } from '../../../src/db/knex.ts';
import { claimJob } from '../../../src/db/stores/job-claim.ts';
import { lockJob } from '../../../src/db/stores/job-rows.ts';
import type { Settled } from '../../../src/queues/define-job.ts';
import { applyDecision, endJob } from '../../../src/queues/settle.ts';
import { addTarget, sourceVm, startTestApi, type Reply, type TestApi } from '../../support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await addTarget(api.db);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

interface Started {
  readonly jobId: string;
  readonly contextId: string;
}

let vms = 0;
async function start(contextId?: string): Promise<Started> {
  vms += 1;
  const body =
    contextId === undefined ? { source_vm: sourceVm(`vm${vms}`), vcenter_host: 'vc1' } : { context_id: contextId };
  const reply = await api.call('POST', '/replications', { body });
  expect(reply.status).toBe(202);
  return { jobId: idOf(reply), contextId: String(reply.body['context_id']) };
}

const idOf = (reply: Reply): string => String(reply.body['job_id']);

/** What a worker does around the work: the ledger's own functions, with the hooks of the contract. */
async function claim({ jobId }: Started): Promise<void> {
  const { catalogue } = api.context.ledger;
  await inTransaction(api.db, async (trx) => {
    const job = await lockJob(trx, jobId);
    const message = { jobId, generation: job?.generation ?? 0, owner: 'test', leaseMs: 60_000 };
    const claimed = await claimJob(trx, message);
    expect(claimed).toBeDefined();
    await catalogue.get(claimed?.operation ?? '')?.begun(trx, jobId);
  });
}

async function end({ jobId }: Started, outcome: Settled<unknown>): Promise<void> {
  const { catalogue } = api.context.ledger;
  await inTransaction(api.db, async (trx) => {
    const job = await lockJob(trx, jobId);
    if (job !== undefined) await endJob(trx, { catalogue, job, outcome });
  });
}

/** What the commit of a cycle leaves: each disk on a volume, as it was committed. */
async function copied({ jobId, contextId }: Started): Promise<void> {
  const disks = await api
    .db('vm_disks')
    .where({ job_id: jobId })
    .select<{ id: number; disk_id: string }[]>('id', 'disk_id');
  for (const { id, disk_id: diskId } of disks) {
    const row = { volume_id: `${contextId}-${diskId}`, vm_context_id: contextId, name: diskId, size_gb: 1 };
    const [volume] = await api.db('ossea_volumes').insert(row);
    const commit = { commit_job_id: jobId, committed_generation: api.db.raw('target_generation') };
    await api
      .db('vm_disks')
      .where({ id })
      .update({ ossea_volume_id: volume, ...commit });
  }
  await api.db('vm_replication_contexts').where({ context_id: contextId }).update({ commit_job_id: jobId });
}

const completed: Settled<unknown> = {
  status: 'completed',
  result: {
    type: 'initial',
    bytesTransferred: 12_345,
    disks: [{ diskId: 'disk-2000', mode: 'full', changeId: 'aa/1' }],
  },
};
const broken: AppError = precondition('transfer.target-too-small', 'the target is too small', { hint: 'grow it' });
const failed: Settled<unknown> = { status: 'failed', error: broken };
const stopped: Settled<unknown> = { status: 'cancelled', error: cancelled('job.cancelled', 'cancelled on request') };

const jobOf = async ({ jobId }: Started): Promise<Record<string, unknown>> =>
  (await api.call('GET', `/replications/${jobId}`)).body;
const contextOf = async ({ contextId }: Started): Promise<Record<string, unknown>> =>
  (await api.call('GET', `/vm-contexts/by-id/${contextId}`)).body['context'] as Record<string, unknown>;

describe('the rows of a replication', () => {
  test('run when the job is claimed, and again without a new start', async () => {
    const job = await start();
    await claim(job);
    const first = await jobOf(job);
    expect(first).toMatchObject({ status: 'running', started_at: expect.any(String) });

    await api.db('job_tracking').where('id', job.jobId).update({ dispatch_state: 'queued' });
    await claim(job);

    expect(await jobOf(job)).toMatchObject({ status: 'running', started_at: first['started_at'] });
    expect(await contextOf(job)).toMatchObject({ current_status: 'replicating', current_job_id: job.jobId });
  });

  test('of a job that waits for another attempt say why, until it runs again', async () => {
    const job = await start();
    await claim(job);
    const error = upstream('vma.unreachable', 'vma does not answer', { hint: 'start it' });
    await inTransaction(api.db, async (trx) => {
      const row = await lockJob(trx, job.jobId);
      if (row === undefined) throw new Error('no job');
      const decision = { kind: 'retry', delayMs: 0, free: false } as const;
      await applyDecision(trx, { catalogue: api.context.ledger.catalogue, job: row, error, decision });
    });
    const why = { error_code: 'vma.unreachable', error_message: 'vma does not answer', error_hint: 'start it' };
    expect(await jobOf(job)).toMatchObject({
      ...why,
      status: 'running',
      current_operation: 'Waiting for: another attempt after vma does not answer',
    });
    expect((await api.call('GET', `/jobs/${job.jobId}`)).body).toMatchObject(why);

    await api.db('job_tracking').where('id', job.jobId).update({ dispatch_state: 'queued' });
    await claim(job);
    expect(await jobOf(job)).toMatchObject({ current_operation: 'Running', error_code: null, error_message: null });
  });

  test('of a job whose child waits for another attempt say which child, and why', async () => {
    const job = await start();
    await claim(job);
    const child = { title: 'create volume v', error: upstream('cloudstack.unreachable', 'no answer') };
    const { catalogue } = api.context.ledger;
    await inTransaction(api.db, async (trx) => catalogue.get('replicate')?.childWaits(trx, job.jobId, child));

    expect(await jobOf(job)).toMatchObject({
      current_operation: 'Waiting for: create volume v: no answer',
      error_code: 'cloudstack.unreachable',
    });
  });

  test('of a job that completed make the VM ready for failover', async () => {
    const job = await start();
    await claim(job);
    await api.db('vm_disks').where('job_id', job.jobId).update({ sync_status: 'completed', disk_change_id: 'aa/1' });
    await end(job, completed);

    expect(await jobOf(job)).toMatchObject({
      status: 'completed',
      progress_percent: 100,
      bytes_transferred: 12_345,
      completed_at: expect.any(String),
      error_message: null,
      disks: [{ sync_status: 'completed' }, { sync_status: 'completed' }],
    });
    expect(await contextOf(job)).toMatchObject({
      current_status: 'ready_for_failover',
      current_job_id: null,
      total_jobs_run: 1,
      successful_jobs: 1,
      failed_jobs: 0,
      last_successful_job_id: job.jobId,
      last_operation: { status: 'completed', progress: 100, steps_total: 0 },
    });
  });

  test('of a job that failed say why, and leave a VM without success failed and free', async () => {
    const job = await start();
    await claim(job);
    await api.db('vm_disks').where({ job_id: job.jobId, disk_id: 'disk-2000' }).update({ sync_status: 'syncing' });
    await end(job, failed);

    expect(await jobOf(job)).toMatchObject({
      status: 'failed',
      error_code: 'transfer.target-too-small',
      error_message: 'the target is too small',
      error_hint: 'grow it',
      disks: [{ sync_status: 'failed' }, { sync_status: 'failed' }],
    });
    expect(await contextOf(job)).toMatchObject({
      current_status: 'failed',
      current_job_id: null,
      failed_jobs: 1,
      last_operation: { status: 'failed', error_category: 'transfer.target-too-small', actionable_steps: ['grow it'] },
    });
    expect((await start(job.contextId)).contextId).toBe(job.contextId);
  });

  test.each([
    ['failed', failed, 1],
    ['cancelled', stopped, 0],
  ])('of a job that %s after an earlier success keep the VM ready for failover', async (_how, outcome, failures) => {
    const first = await start();
    await claim(first);
    await copied(first);
    await end(first, completed);
    const second = await start(first.contextId);
    await claim(second);
    await end(second, outcome);

    expect(await contextOf(second)).toMatchObject({
      current_status: 'ready_for_failover',
      current_job_id: null,
      total_jobs_run: 2,
      successful_jobs: 1,
      failed_jobs: failures,
      last_successful_job_id: first.jobId,
    });
  });

  test('of a job that was cancelled leave its disks pending; what was committed stays committed', async () => {
    const job = await start();
    await claim(job);
    await api.db('vm_disks').where({ job_id: job.jobId, disk_id: 'disk-2001' }).update({ sync_status: 'completed' });
    await end(job, stopped);

    expect(await jobOf(job)).toMatchObject({
      status: 'cancelled',
      disks: [{ sync_status: 'pending' }, { sync_status: 'completed' }],
    });
    expect(await contextOf(job)).toMatchObject({ current_status: 'discovered', failed_jobs: 0 });
  });

  test('are terminal once: a second end changes nothing', async () => {
    const job = await start();
    await claim(job);
    await end(job, completed);
    const before = [await jobOf(job), await contextOf(job)];
    const entry = api.context.ledger.catalogue.get('replicate');

    await inTransaction(api.db, async (trx) => entry?.settled(trx, job.jobId, failed));
    await inTransaction(api.db, async (trx) => entry?.begun(trx, job.jobId));

    expect([await jobOf(job), await contextOf(job)]).toEqual(before);
  });

  test('of the child of another job leave the status of the VM to its parent', async () => {
    const job = await start();
    await claim(job);
    const parent = {
      id: 'failover-20260101-000000.000-abcdef',
      job_type: 'failover',
      operation: 'failover',
      queue: 'failover',
    };
    await api.db('job_tracking').insert({ ...parent, job_category: 'failover', payload: '{}' });
    await api.db('job_tracking').where('id', job.jobId).update({ parent_job_id: parent.id, child_key: 'final-sync' });
    await api
      .db('vm_replication_contexts')
      .where('context_id', job.contextId)
      .update({ current_status: 'ready_for_failover', current_job_id: null });
    await end(job, failed);

    expect(await contextOf(job)).toMatchObject({ current_status: 'ready_for_failover', failed_jobs: 1 });
  });

  test('never take the word from an operation that needs a person', async () => {
    const job = await start();
    await claim(job);
    await api
      .db('vm_replication_contexts')
      .where('context_id', job.contextId)
      .update({ current_status: 'cleanup_required' });
    await end(job, completed);

    expect(await contextOf(job)).toMatchObject({ current_status: 'cleanup_required', current_job_id: null });
  });

  test('stay right when a job ends while the next one is asked for', async () => {
    let job = await start();
    for (let round = 1; round <= 15; round += 1) {
      await claim(job);
      const asked = { body: { context_id: job.contextId } };
      const [, ...replies] = await Promise.all([
        end(job, round % 3 === 0 ? failed : completed),
        api.call('POST', '/replications', asked),
        api.call('POST', '/replications', asked),
      ]);
      const accepted = replies.filter(({ status }) => status === 202);
      for (const { status, body } of replies) if (status !== 202) expect(body['code']).toBe('context.busy');
      expect(accepted.length).toBeLessThanOrEqual(1);

      const jobId = accepted[0] === undefined ? (await start(job.contextId)).jobId : idOf(accepted[0]);
      job = { ...job, jobId };
      expect(await contextOf(job)).toMatchObject({
        current_status: 'replicating',
        current_job_id: jobId,
        total_jobs_run: round + 1,
        failed_jobs: Math.floor(round / 3),
        successful_jobs: round - Math.floor(round / 3),
      });
    }
  });
});
