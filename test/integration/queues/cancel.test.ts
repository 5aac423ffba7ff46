import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { toAppError } from '../../../src/base/errors.ts';
import { cancel } from '../../../src/queues/cancel.ts';
import type { Transaction } from '../../../src/queues/define-job.ts';
import { submit } from '../../../src/queues/submit.ts';
import { expectJob } from '../../support/job-story.ts';
import { LedgerLab } from '../../support/ledger-lab.ts';
import { noop } from '../../support/noop-job.ts';
import { QueueView } from '../../support/queue-view.ts';
import { until } from '../../support/until.ts';
import { openChildren } from '../../../src/db/stores/job-rows.ts';

let lab: LedgerLab;

beforeAll(async () => {
  lab = await LedgerLab.open();
  await lab.worker();
});
afterAll(() => lab[Symbol.asyncDispose]());

const because = { reason: 'changed my mind', by: 'ada' };

describe('cancel', () => {
  test('a queued job ends at once and never runs', async () => {
    const later = new Date(Date.now() + 3_600_000);
    const { jobId } = await submit(lab.ledger, { contract: noop, payload: { actions: [] }, notBefore: later });
    await cancel(lab.ledger, jobId, because);

    expect(await lab.job(jobId)).toMatchObject({
      status: 'cancelled',
      errorCode: 'job.cancelled',
      errorMessage: 'changed my mind (by ada)',
    });
    expect(await lab.written(jobId)).toEqual(['settled cancelled']);
    expect(lab.journal(jobId)).toEqual([]);
  });

  test('rows that tell of the request are written with it, or neither is', async () => {
    const jobId = await lab.submit({ do: 'wait', gate: 'never' });
    await lab.untilNoted(jobId, 'at never');
    const tell = (message: string) => async (trx: Transaction) => {
      await trx('job_execution_log').insert({ job_id: jobId, message });
      if (message === 'fails') throw new TypeError('no room');
    };
    await expect(cancel(lab.ledger, jobId, { ...because, noted: tell('fails') })).rejects.toThrow();
    expect(await lab.job(jobId)).toMatchObject({ status: 'running', cancelRequested: false });
    await cancel(lab.ledger, jobId, { ...because, noted: tell('works') });

    expect(await lab.untilEnded(jobId)).toMatchObject({ status: 'cancelled' });
    expect(await lab.written(jobId)).toEqual(['works', 'settled cancelled']);
  });

  test('a job whose message is out ends at once and never runs', async () => {
    const fillers = [];
    for (let n = 0; n < 4; n += 1) fillers.push(await lab.submit({ do: 'wait', gate: 'fillers' }));
    for (const id of fillers) await lab.untilNoted(id, 'at fillers');
    const jobId = await lab.submit({ do: 'write', message: 'never' });
    await lab.untilJob(jobId, (job) => job.dispatchState === 'dispatched');
    await cancel(lab.ledger, jobId, because);
    lab.open('fillers');
    for (const id of fillers) await lab.untilEnded(id);

    expect(await lab.job(jobId)).toMatchObject({ status: 'cancelled' });
    expect(await lab.written(jobId)).toEqual(['settled cancelled']);
  });

  test('a running job hears of it and ends as cancelled', async () => {
    const jobId = await lab.submit({ do: 'wait', gate: 'never' });
    await lab.untilNoted(jobId, 'at never');
    await cancel(lab.ledger, jobId, because);

    await expectJob(lab.db, await lab.untilEnded(jobId), { status: 'cancelled', attempt: 1 });
  });

  test('a running workflow undoes what it did, in reverse, and ends as cancelled', async () => {
    const steps = [{ name: 'one' }, { name: 'two' }, { name: 'three', gate: 'never' }];
    const jobId = await lab.submit({ do: 'workflow', steps });
    await lab.untilNoted(jobId, 'run three');
    await cancel(lab.ledger, jobId, because);

    const job = await lab.untilEnded(jobId);

    await expectJob(lab.db, job, { status: 'cancelled', direction: 'undo', errorMessage: 'changed my mind (by ada)' });
    expect(effects(jobId)).toEqual(['run one', 'run two', 'run three', 'undo three', 'undo two', 'undo one']);
  });

  test('a cancelled job that undoes in the hand of its worker is no failure on the board', async () => {
    const jobId = await lab.submit({ do: 'workflow', steps: [{ name: 'one' }, { name: 'two', gate: 'never' }] });
    await lab.untilNoted(jobId, 'run two');
    await cancel(lab.ledger, jobId, because);
    await lab.untilEnded(jobId);

    expect(await deliveries(lab, jobId, 1)).toEqual([{ state: 'completed', says: 'cancelled' }]);
  });

  test('nor is one that a worker, told to end meanwhile, leaves to be undone in another run', async () => {
    await using own = await LedgerLab.open();
    const worker = await own.worker();
    const jobId = await own.submit({ do: 'workflow', steps: [{ name: 'one', deafGate: 'deaf' }, { name: 'two' }] });
    await own.untilNoted(jobId, 'run one');
    await cancel(own.ledger, jobId, because);
    await own.untilNoted(jobId, 'told one to stop');
    worker.signal('SIGTERM');
    await own.untilWorkerLogs('told to end');
    own.open('deaf');
    expect(await worker.exited).toBe(0);
    await own.worker();

    expect(await own.untilEnded(jobId)).toMatchObject({ status: 'cancelled' });
    expect(await deliveries(own, jobId, 2)).toEqual([
      { state: 'completed', says: 'cancelled: what it did is undone in another run' },
      { state: 'completed', says: 'cancelled' },
    ]);
  });

  test('a worker that shuts down leaves the undo to another one', async () => {
    await using own = await LedgerLab.open();
    const worker = await own.worker();
    const steps = [{ name: 'one' }, { name: 'two', gate: 'never', undoGate: 'undo' }];
    const jobId = await own.submit({ do: 'workflow', steps });
    await own.untilNoted(jobId, 'run two');
    await cancel(own.ledger, jobId, because);
    await own.untilNoted(jobId, 'undo two');
    worker.signal('SIGTERM');
    expect(await worker.exited).toBe(0);
    expect(await own.job(jobId)).toMatchObject({ direction: 'undo', status: 'running' });
    own.open('undo');
    await own.worker();

    await expectJob(own.db, await own.untilEnded(jobId), { status: 'cancelled', attempt: 1 });
    const undone = own.journal(jobId).filter((entry) => entry.what.startsWith('undo'));
    expect(undone.map((entry) => [entry.what, entry.pid === worker.pid])).toEqual([
      ['undo two', true],
      ['undo two', false],
      ['undo one', false],
    ]);
  });

  test('a worker that dies while it undoes leaves a job whose next claim undoes', async () => {
    await using own = await LedgerLab.open();
    const worker = await own.worker();
    const steps = [
      { name: 'one', undoGate: 'undo' },
      { name: 'two', gate: 'never' },
    ];
    const jobId = await own.submit({ do: 'workflow', steps });
    await own.untilNoted(jobId, 'run two');
    await cancel(own.ledger, jobId, because);
    await own.untilNoted(jobId, 'undo one');
    await own.bury(worker);
    own.open('undo');
    await own.worker();

    await expectJob(own.db, await own.untilEnded(jobId), { status: 'cancelled', leaseEpoch: 2, attempt: 2 });
  });

  test('a job that waits for another attempt is woken to undo, and ends', async () => {
    const steps = [{ name: 'one' }, { name: 'two', fails: 'backoff' as const }];
    const jobId = await lab.submit({ do: 'workflow', steps });
    await lab.untilNoted(jobId, 'run two');
    await lab.untilJob(jobId, (job) => job.dispatchState === 'retry_wait');
    await cancel(lab.ledger, jobId, because);

    await expectJob(lab.db, await lab.untilEnded(jobId), { status: 'cancelled' });
    expect(effects(jobId).slice(-2)).toEqual(['undo two', 'undo one']);
  });

  test('a parent that waits for its child is cancelled with it', async () => {
    const actions = [{ do: 'wait', gate: 'never' }];
    const jobId = await lab.submit({ do: 'child', key: 'c', actions, deadlineMs: 600_000 });
    await lab.untilJob(jobId, (job) => job.dispatchState === 'waiting');
    const [row] = await openChildren(lab.db, jobId);
    await lab.untilNoted(row?.id ?? '', 'at never');
    await cancel(lab.ledger, jobId, because);

    await expectJob(lab.db, await lab.untilEnded(jobId), { status: 'cancelled' });
    expect(await lab.job(row?.id ?? '')).toMatchObject({ status: 'cancelled' });
    expect(await openChildren(lab.db, jobId)).toEqual([]);
  });

  test('while a job turns back a second cancel changes nothing', async () => {
    const steps = [
      { name: 'one', undoGate: 'undo' },
      { name: 'two', gate: 'never' },
    ];
    const jobId = await lab.submit({ do: 'workflow', steps });
    await lab.untilNoted(jobId, 'run two');
    await cancel(lab.ledger, jobId, because);
    await lab.untilNoted(jobId, 'undo one');
    await cancel(lab.ledger, jobId, { reason: 'again' });
    lab.open('undo');

    const job = await lab.untilEnded(jobId);
    await expectJob(lab.db, job, { status: 'cancelled', errorMessage: 'changed my mind (by ada)' });
    expect(effects(jobId).filter((what) => what === 'undo one')).toHaveLength(1);
  });

  test('one that was noted before the point of no return keeps the step from being recorded', async () => {
    const steps = [
      { name: 'one' },
      { name: 'two', deafGate: 'deaf', pointOfNoReturn: true, records: { message: 'rows' } },
    ];
    const jobId = await lab.submit({ do: 'workflow', steps });
    await lab.untilNoted(jobId, 'run two');
    await cancel(lab.ledger, jobId, because);
    lab.open('deaf');

    await expectJob(lab.db, await lab.untilEnded(jobId), { status: 'cancelled', committed: false });
    expect(await lab.written(jobId)).toEqual(['settled cancelled']);
    expect(effects(jobId)).toEqual(['run one', 'run two', 'undo two', 'undo one']);
  });

  test('one that arrives while the point of no return is being written comes too late, and says so', async () => {
    const records = { message: 'rows', gate: 'recording' };
    const steps = [{ name: 'one', pointOfNoReturn: true, records }, { name: 'two' }];
    const jobId = await lab.submit({ do: 'workflow', steps });
    await lab.untilNoted(jobId, 'recorded one');
    const asked = cancel(lab.ledger, jobId, because).catch(toAppError);
    lab.open('recording');

    expect(await asked).toMatchObject({ code: 'job.committed', kind: 'conflict', hint: expect.any(String) });
    await expectJob(lab.db, await lab.untilEnded(jobId), { status: 'completed', cancelRequested: false });
    expect(await lab.written(jobId)).toEqual(['rows', 'settled completed']);
    expect(effects(jobId)).toEqual(['run one', 'run two']);
  });

  test('a job that has ended, or never was, is refused', async () => {
    const jobId = await lab.submit();
    await lab.untilEnded(jobId);

    await expect(cancel(lab.ledger, jobId, because)).rejects.toMatchObject({
      code: 'job.terminal',
      hint: expect.any(String),
    });
    await expect(cancel(lab.ledger, 'no-such-job', because)).rejects.toMatchObject({ code: 'job.not-found' });
  });
});

/**
 * What the board says about the job, once so many deliveries that found something to do have ended. A slow machine brings
 * one more, which was sent anew before a worker had claimed the first.
 */
async function deliveries(of: LedgerLab, jobId: string, count: number): Promise<{ state: string; says: unknown }[]> {
  await using view = new QueueView(of.redis, 'maintenance');
  let seen: { state: string; says: unknown }[] = [];
  const haveEnded = async (): Promise<boolean> => {
    seen = (await view.deliveriesOf(jobId)).filter(({ says }) => !String(says).startsWith('nothing to do'));
    return seen.length === count && seen.every(({ state }) => state !== 'active');
  };
  await until(haveEnded, { withinMs: 60_000, what: `${count} deliveries of ${jobId} to end` }).catch(
    (cause: unknown) => {
      throw new Error(`there are ${JSON.stringify(seen)}`, { cause });
    },
  );
  return seen;
}

const effects = (jobId: string): string[] =>
  lab
    .journal(jobId)
    .map((entry) => entry.what)
    .filter((what) => /^(run|undo) /.test(what));
