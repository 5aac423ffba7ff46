import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LeaseKeeper } from '../../../src/queues/lease.ts';
import { Taker } from '../../../src/queues/take.ts';
import { queueLog } from '../../../src/base/logger.ts';
import { LedgerLab } from '../../support/ledger-lab.ts';
import { submit } from '../../../src/queues/submit.ts';
import { noopJobs, unclaimable, unfinishable } from '../../support/noop-job.ts';

let lab: LedgerLab;
let keeper: LeaseKeeper;
let taker: Taker;

beforeAll(async () => {
  lab = await LedgerLab.open();
  keeper = new LeaseKeeper({ db: lab.db, timing: lab.timing, log: queueLog });
  taker = new Taker({ ledger: lab.ledger, jobs: noopJobs(lab.dir), keeper, workerName: 'test' });
});
afterAll(async () => {
  await keeper.close();
  await lab[Symbol.asyncDispose]();
});

describe('messages', () => {
  test('the same message delivered many times at once starts the job once', async () => {
    const jobId = await lab.submit({ do: 'wait', gate: 'once' }, { do: 'write', message: 'effect' });
    const deliveries = Array.from({ length: 6 }, () => taker.take({ jobId, generation: 1 }));
    await lab.untilNoted(jobId, 'at once');
    lab.open('once');

    const said = await Promise.all(deliveries);

    expect(said.filter((text) => text === 'completed')).toHaveLength(1);
    expect(await lab.written(jobId)).toEqual(['effect 1', 'settled completed']);
  });

  test('a message for a job that has ended does nothing: a terminal row stays terminal', async () => {
    const jobId = await lab.submit({ do: 'write', message: 'effect' });
    await taker.take({ jobId, generation: 1 });
    const before = await lab.job(jobId);
    await taker.take({ jobId, generation: 1 });
    await taker.take({ jobId, generation: 2 });

    expect({ ...(await lab.job(jobId)), ageMs: 0, runningMs: 0 }).toEqual({ ...before, ageMs: 0, runningMs: 0 });
    expect(await lab.written(jobId)).toEqual(['effect 1', 'settled completed']);
  });

  test('messages in the wrong order: only the newest generation counts', async () => {
    const jobId = await lab.submit({ do: 'fail', code: 'test.later', retry: 'backoff', upToAttempt: 1 });
    await expect(taker.take({ jobId, generation: 1 })).rejects.toThrow('test.later');
    expect(await lab.job(jobId)).toMatchObject({ dispatchState: 'retry_wait', generation: 2, status: 'running' });
    await lab.db('job_tracking').where({ id: jobId }).update({ dispatch_state: 'queued' });

    expect(await taker.take({ jobId, generation: 1 })).toMatch(/^nothing to do/);
    expect(await taker.take({ jobId, generation: 2 })).toBe('completed');
    expect(await lab.job(jobId)).toMatchObject({ status: 'completed', attempt: 2 });
  });

  test('a job of a kind or payload that this version cannot read is left for a newer one', async () => {
    const jobId = await lab.submit();
    await lab.db('job_tracking').where({ id: jobId }).update({ operation: 'from-the-future' });
    await taker.take({ jobId, generation: 1 });

    expect(await lab.job(jobId)).toMatchObject({ dispatchState: 'retry_wait', status: 'pending', attempt: 0 });

    await lab.db('job_tracking').where({ id: jobId }).update({ dispatch_state: 'queued', operation: 'noop' });
    expect(await taker.take({ jobId, generation: 2 })).toBe('completed');
  });

  test('a job that nobody could read for a day fails', async () => {
    const jobId = await lab.submit();
    await lab
      .db('job_tracking')
      .where({ id: jobId })
      .update({ payload: '{"actions":1}', created_at: lab.db.raw('NOW() - INTERVAL 25 HOUR') });
    await taker.take({ jobId, generation: 1 });

    expect(await lab.job(jobId)).toMatchObject({ status: 'failed', errorCode: 'job.unreadable' });
  });

  test('an error that nobody foresaw is tried three times in all, and its text is kept', async () => {
    const jobId = await lab.submit({ do: 'crash', message: 'x is not a function' });
    for (let generation = 1; generation <= 3; generation += 1) {
      await expect(taker.take({ jobId, generation })).rejects.toThrow('x is not a function');
      await lab
        .db('job_tracking')
        .where({ id: jobId, dispatch_state: 'retry_wait' })
        .update({ dispatch_state: 'queued' });
    }

    expect(await lab.job(jobId)).toMatchObject({
      status: 'failed',
      attempt: 3,
      errorCode: 'internal',
      errorMessage: 'x is not a function',
    });
  });

  test.each([
    { contract: unclaimable, text: 'no such row', what: 'claim', epochs: 0 },
    { contract: unfinishable, text: 'no such result', what: 'success', epochs: 3 },
  ])('a job whose rows refuse every $what fails after a few attempts', async ({ contract, text, epochs }) => {
    const { jobId } = await submit(lab.ledger, { contract, payload: { actions: [] } });
    for (let generation = 1; generation <= 3; generation += 1) {
      await expect(taker.take({ jobId, generation })).rejects.toThrow(text);
      await lab
        .db('job_tracking')
        .where({ id: jobId, dispatch_state: 'retry_wait' })
        .update({ dispatch_state: 'queued' });
    }

    expect(await lab.job(jobId)).toMatchObject({ status: 'failed', errorMessage: text, leaseEpoch: epochs });
    expect(await lab.written(jobId)).toEqual(['settled failed']);
  });

  test('waiting for something busy uses no attempt', async () => {
    const jobId = await lab.submit({ do: 'fail', code: 'test.busy', retry: 'later' });
    await expect(taker.take({ jobId, generation: 1 })).rejects.toThrow('test.busy');

    expect(await lab.job(jobId)).toMatchObject({ dispatchState: 'retry_wait', attempt: 0, leaseEpoch: 1 });
  });
});
