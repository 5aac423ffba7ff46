import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { inTransaction } from '../../../src/db/knex.ts';
import { lockHeld } from '../../../src/db/stores/job-lease.ts';
import { parkJob } from '../../../src/db/stores/job-park.ts';
import { claimJob } from '../../../src/db/stores/job-claim.ts';
import { lockJob, openChildren } from '../../../src/db/stores/job-rows.ts';
import { cancel } from '../../../src/queues/cancel.ts';
import { submitChild } from '../../../src/queues/submit.ts';
import { endJob } from '../../../src/queues/settle.ts';
import { Reconciler } from '../../../src/queues/reconcile.ts';
import { expectJob } from '../../support/job-story.ts';
import { LedgerLab } from '../../support/ledger-lab.ts';
import { noop, testCatalogue } from '../../support/noop-job.ts';

let lab: LedgerLab;

// No workers here: the order of transactions is what is tested, so the test runs each of them by hand.
beforeAll(async () => {
  lab = await LedgerLab.open({ timing: { leaseMs: 600_000 } });
});
afterAll(() => lab[Symbol.asyncDispose]());

async function claimed(jobId: string): Promise<{ jobId: string; epoch: number }> {
  const { generation } = await lab.job(jobId);
  const job = await inTransaction(lab.db, (trx) =>
    claimJob(trx, { jobId, generation, owner: 'test', leaseMs: lab.timing.leaseMs }),
  );
  if (job === undefined) throw new Error('not claimed');
  return { jobId, epoch: job.leaseEpoch };
}

/** A claimed parent with one claimed child. */
async function family(): Promise<{ parent: { jobId: string; epoch: number }; childId: string }> {
  const parent = await claimed(await lab.submit());
  const child = await inTransaction(lab.db, async (trx) => {
    const row = await lockHeld(trx, parent);
    if (row === undefined) throw new Error('not held');
    return submitChild(trx, row, { key: 'child', contract: noop, payload: { actions: [] } });
  });
  if (child === undefined) throw new Error('no child');
  await claimed(child.id);
  return { parent, childId: child.id };
}

async function endChild(childId: string): Promise<void> {
  await inTransaction(lab.db, async (trx) => {
    const job = await lockJob(trx, childId);
    if (job === undefined) throw new Error('no child');
    const outcome = { status: 'completed', result: { epoch: 1, attempt: 1 } } as const;
    await endJob(trx, { catalogue: testCatalogue, job, outcome });
  });
}

const park = (parent: { jobId: string; epoch: number }, childId: string, deadlineMs = 60_000): Promise<boolean> =>
  inTransaction(lab.db, async (trx) => {
    await lockHeld(trx, parent);
    return parkJob(trx, parent.jobId, { children: [childId], deadlineMs });
  });

describe('a parent and the end of its child', () => {
  test('the child ends after the parent parked: the parent is queued', async () => {
    const { parent, childId } = await family();
    expect(await park(parent, childId)).toBe(true);
    expect(await lab.job(parent.jobId)).toMatchObject({ dispatchState: 'waiting', attempt: 0, status: 'running' });
    await endChild(childId);

    expect(await lab.job(parent.jobId)).toMatchObject({ dispatchState: 'queued', attempt: 0, status: 'running' });
  });

  test('the child ended before the parent parks: the parent is queued at once', async () => {
    const { parent, childId } = await family();
    await endChild(childId);

    expect(await park(parent, childId)).toBe(false);
    expect(await lab.job(parent.jobId)).toMatchObject({ dispatchState: 'queued', attempt: 0 });
  });

  test('the child ends while the parent is parking: no wake-up is lost, whoever commits first', async () => {
    for (let round = 0; round < 25; round += 1) {
      const { parent, childId } = await family();
      await Promise.all([park(parent, childId), endChild(childId)]);

      expect(await lab.job(parent.jobId)).toMatchObject({ dispatchState: 'queued', attempt: 0 });
    }
  });

  test('the end of the child waits for a park that is under way, and then wakes the parent', async () => {
    const { parent, childId } = await family();
    const trx = await lab.db.transaction();
    await lockHeld(trx, parent);
    await parkJob(trx, parent.jobId, { children: [childId], deadlineMs: 60_000 });
    // It cannot end before the commit below; when it looks at the parent, it must see it waiting.
    const ending = endChild(childId);
    await trx.commit();
    await ending;

    expect(await lab.job(parent.jobId)).toMatchObject({ dispatchState: 'queued' });
  });

  test('a parent whose deadline passed runs again and finds its child not done', async () => {
    const { parent, childId } = await family();
    await park(parent, childId, 0);
    await new Reconciler(lab.ledger).once();

    expect(await lab.job(parent.jobId)).toMatchObject({ status: 'running', attempt: 0 });
    expect(['queued', 'dispatched']).toContain((await lab.job(parent.jobId)).dispatchState);
  });

  test('asking twice under one key finds the first child, and a child holds no context', async () => {
    const { parent, childId } = await family();
    const again = await inTransaction(lab.db, async (trx) => {
      const row = await lockHeld(trx, parent);
      return row === undefined
        ? 'lost'
        : submitChild(trx, row, { key: 'child', contract: noop, payload: { actions: [] } });
    });

    expect(again).toBeUndefined();
    expect(await lab.job(childId)).toMatchObject({ parentJobId: parent.jobId });
  });
});

describe('parents and children on a worker', () => {
  test('the parent gives its slot back, and completes with its child without using an attempt', async () => {
    await using workers = await LedgerLab.open();
    await workers.worker();
    const jobId = await workers.submit(
      { do: 'child', key: 'a', actions: [{ do: 'write', message: 'a' }], deadlineMs: 60_000 },
      { do: 'child', key: 'b', actions: [{ do: 'write', message: 'b' }], deadlineMs: 60_000 },
    );

    await expectJob(workers.db, await workers.untilEnded(jobId), { status: 'completed', attempt: 1 });
  });

  test('the failure of a child reaches its parent as the error that it was', async () => {
    await using workers = await LedgerLab.open();
    await workers.worker();
    const actions = [{ do: 'fail', code: 'test.broken', retry: 'never' }];
    const jobId = await workers.submit({ do: 'child', key: 'a', actions, deadlineMs: 60_000 });

    await expectJob(workers.db, await workers.untilEnded(jobId), { status: 'failed', errorCode: 'test.broken' });
  });

  const siblings = (gate: string): { key: string; actions: unknown[] }[] => [
    { key: 'slow', actions: [{ do: 'wait', gate }] },
    { key: 'bad', actions: [{ do: 'fail', code: 'test.broken', retry: 'never' }] },
  ];

  test('a parent whose child failed ends only when the other children have ended', async () => {
    await using workers = await LedgerLab.open();
    await workers.worker();
    const jobId = await workers.submit({ do: 'children', children: siblings('slow') });
    // It has run again after the failure, and waits still.
    await workers.untilNoted(jobId, 'begun', 2);
    await workers.untilJob(jobId, (job) => job.dispatchState === 'waiting');
    expect(await openChildren(workers.db, jobId)).toHaveLength(1);
    workers.open('slow');

    await expectJob(workers.db, await workers.untilEnded(jobId), { status: 'failed', errorCode: 'test.broken' });
    expect(await openChildren(workers.db, jobId)).toEqual([]);
  });

  test('a workflow undoes nothing under a running child', async () => {
    await using workers = await LedgerLab.open();
    await workers.worker();
    const steps = [{ name: 'one' }, { name: 'two', children: siblings('slow') }];
    const jobId = await workers.submit({ do: 'workflow', steps });
    await workers.untilNoted(jobId, 'run two', 2);
    await workers.untilJob(jobId, (job) => job.dispatchState === 'waiting');
    expect(workers.journal(jobId).filter((entry) => entry.what.startsWith('undo'))).toEqual([]);
    workers.open('slow');

    await expectJob(workers.db, await workers.untilEnded(jobId), { status: 'failed', errorCode: 'test.broken' });
    expect(
      workers
        .journal(jobId)
        .map((entry) => entry.what)
        .slice(-2),
    ).toEqual(['undo two', 'undo one']);
  });

  test('a running parent that is cancelled waits for a child that does not hear, and then undoes', async () => {
    await using workers = await LedgerLab.open();
    await workers.worker();
    const deaf = [{ key: 'deaf', actions: [{ do: 'wait-deaf', gate: 'deaf' }] }];
    const steps = [{ name: 'one' }, { name: 'two', children: deaf }];
    const jobId = await workers.submit({ do: 'workflow', steps });
    await workers.untilJob(jobId, (job) => job.dispatchState === 'waiting');
    const [child] = await openChildren(workers.db, jobId);
    await workers.untilNoted(child?.id ?? '', 'at deaf');
    await cancel(workers.ledger, jobId, { reason: 'test' });
    expect(await workers.job(jobId)).toMatchObject({ dispatchState: 'waiting', direction: 'forward' });
    workers.open('deaf');

    await expectJob(workers.db, await workers.untilEnded(jobId), { status: 'cancelled', direction: 'undo' });
  });
});
