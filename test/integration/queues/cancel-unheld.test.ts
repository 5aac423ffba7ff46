import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cancel } from '../../../src/queues/cancel.ts';
import { Reconciler } from '../../../src/queues/reconcile.ts';
import { submit } from '../../../src/queues/submit.ts';
import { LedgerLab } from '../../support/ledger-lab.ts';
import { noop, unheld } from '../../support/noop-job.ts';

let lab: LedgerLab;

beforeAll(async () => {
  lab = await LedgerLab.open();
});
afterAll(() => lab[Symbol.asyncDispose]());

const because = { reason: 'changed my mind' };

/** A job that was begun by a worker, and that worker is dead. */
async function orphan(contract: typeof noop | typeof unheld): Promise<string> {
  const worker = await lab.worker();
  const payload = { actions: [{ do: 'wait', gate: 'never' }] };
  const { jobId } = await submit(lab.ledger, { contract, payload });
  await lab.untilNoted(jobId, 'at never');
  await worker.kill9();
  return jobId;
}

async function runOut(jobId: string): Promise<void> {
  await lab
    .db('job_tracking')
    .where({ id: jobId })
    .update({ lease_expires_at: lab.db.raw('now(6) - interval 1 second') });
}

/** As if the worker had given it back. */
async function giveBack(jobId: string): Promise<void> {
  await lab
    .db('job_tracking')
    .where({ id: jobId })
    .update({ dispatch_state: 'queued', lease_owner: null, lease_expires_at: null });
}

const CANCELLED = { status: 'cancelled', dispatchState: 'closed', errorCode: 'job.cancelled', leaseEpoch: 1 };

describe('a cancelled job that ran and that no worker holds', () => {
  test('ends at once when the next job mends what it began, and another one waits for a worker', async () => {
    const mended = await orphan(unheld);
    const other = await orphan(noop);
    for (const jobId of [mended, other]) {
      await giveBack(jobId);
      await cancel(lab.ledger, jobId, because);
    }

    expect(await lab.job(mended)).toMatchObject(CANCELLED);
    expect(await lab.written(mended)).toEqual(['settled cancelled']);
    expect(await lab.job(other)).toMatchObject({ status: 'running' });
  });

  test('ends at once when its lease has run out, and not before', async () => {
    const jobId = await orphan(unheld);
    await cancel(lab.ledger, jobId, because);
    expect(await lab.job(jobId)).toMatchObject({ status: 'running', dispatchState: 'claimed' });
    await runOut(jobId);
    await cancel(lab.ledger, jobId, because);

    expect(await lab.job(jobId)).toMatchObject(CANCELLED);
  });

  test('is ended by the reconciler when its lease runs out after the request', async () => {
    const jobId = await orphan(unheld);
    await cancel(lab.ledger, jobId, because);
    await runOut(jobId);
    await new Reconciler(lab.ledger).once();

    expect(await lab.job(jobId)).toMatchObject(CANCELLED);
  });

  test('is ended by the reconciler when its worker gave it back after the request', async () => {
    const jobId = await orphan(unheld);
    await cancel(lab.ledger, jobId, because);
    await giveBack(jobId);
    await lab
      .db('job_tracking')
      .where({ id: jobId })
      .update({ cancel_requested_at: lab.db.raw('now(6) - interval 10 second') });
    await new Reconciler(lab.ledger).once();

    expect(await lab.job(jobId)).toMatchObject(CANCELLED);
  });
});
