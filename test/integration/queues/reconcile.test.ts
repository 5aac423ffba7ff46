import { describe, expect, test } from '@jest/globals';
import { Queue } from 'bullmq';
import { inTransaction } from '../../../src/db/knex.ts';
import { claimJob } from '../../../src/db/stores/job-claim.ts';
import { requestCancel } from '../../../src/db/stores/job-cancel.ts';
import { lead } from '../../../src/db/stores/leader-lease.ts';
import { LeaseKeeper } from '../../../src/queues/lease.ts';
import { Reconciler } from '../../../src/queues/reconcile.ts';
import { relayOnce } from '../../../src/queues/relay.ts';
import { submit } from '../../../src/queues/submit.ts';
import { Taker } from '../../../src/queues/take.ts';
import { queueLog } from '../../../src/base/logger.ts';
import { LedgerLab, PATIENCE_MS } from '../../support/ledger-lab.ts';
import { noopJobs, twoAttempts, type Action } from '../../support/noop-job.ts';
import { until } from '../../support/until.ts';

/** No worker processes: each repair is provoked by editing the row, as if the time had passed. */
async function still(timing = {}): Promise<LedgerLab> {
  const lab = await LedgerLab.open({ timing: { leaseMs: 600_000, dispatchTimeoutMs: 60_000, ...timing } });
  await until(() => lab.ledger.doorbell.isReady(), { withinMs: PATIENCE_MS, what: 'redis' });
  await lab.ledger.doorbell.setSentinel();
  return lab;
}

/** BullMQ's own view of the queue; closed with its scope, also when an expectation fails. */
class Board extends Queue implements AsyncDisposable {
  constructor(lab: LedgerLab) {
    super('maintenance', { connection: { url: lab.redis.url.reveal() }, prefix: lab.redis.prefix });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function claim(lab: LedgerLab, jobId: string): Promise<void> {
  const { generation } = await lab.job(jobId);
  await inTransaction(lab.db, (trx) => claimJob(trx, { jobId, generation, owner: 'dead', leaseMs: 600_000 }));
}

const expire = (lab: LedgerLab, jobId: string): Promise<number> =>
  lab
    .db('job_tracking')
    .where({ id: jobId })
    .update({ lease_expires_at: lab.db.raw('NOW(6) - INTERVAL 1 SECOND') });

const age = (lab: LedgerLab, jobId: string): Promise<number> =>
  lab
    .db('job_tracking')
    .where({ id: jobId })
    .update({ dispatched_at: lab.db.raw('NOW(6) - INTERVAL 1 HOUR') });

describe('the reconciler', () => {
  test('two of them at once end a dead claim once', async () => {
    await using lab = await still();
    const jobId = await lab.submit();
    await claim(lab, jobId);
    await expire(lab, jobId);
    await Promise.all([new Reconciler(lab.ledger).once(), new Reconciler(lab.ledger).once()]);

    expect(await lab.job(jobId)).toMatchObject({
      dispatchState: 'queued',
      generation: 2,
      attempt: 1,
      status: 'running',
    });
  });

  test('leaves a claim alone whose lease is alive', async () => {
    await using lab = await still();
    const jobId = await lab.submit();
    await claim(lab, jobId);
    await new Reconciler(lab.ledger).once();

    expect(await lab.job(jobId)).toMatchObject({ dispatchState: 'claimed', generation: 1 });
  });

  test('sends a message again that Redis lost, and not one that waits its turn', async () => {
    await using lab = await still();
    const lost = await lab.submit();
    const waiting = await lab.submit();
    await relayOnce(lab.ledger);
    await using queue = new Board(lab);
    await queue.remove(`${lost}.1`);
    await age(lab, lost);
    await age(lab, waiting);
    await new Reconciler(lab.ledger).once();

    expect(await lab.job(lost)).toMatchObject({ dispatchState: 'queued', generation: 2 });
    expect(await lab.job(waiting)).toMatchObject({ dispatchState: 'dispatched', generation: 1 });
  });

  test('finds an emptied Redis by its missing key, and sends every message again, once', async () => {
    await using lab = await still();
    const reconciler = new Reconciler(lab.ledger);
    await reconciler.once();
    const ids = [await lab.submit(), await lab.submit(), await lab.submit()];
    await relayOnce(lab.ledger);
    await reconciler.once();
    for (const id of ids) expect(await lab.job(id)).toMatchObject({ dispatchState: 'dispatched', generation: 1 });
    await using queue = new Board(lab);
    await queue.obliterate({ force: true });
    const client = await queue.getBackend().client;
    await client.del(`${lab.redis.prefix}:ledger-sentinel`);
    await reconciler.once();
    for (const id of ids) expect(await lab.job(id)).toMatchObject({ dispatchState: 'queued', generation: 2 });
    await relayOnce(lab.ledger);
    await reconciler.once();

    for (const id of ids) expect(await lab.job(id)).toMatchObject({ dispatchState: 'dispatched', generation: 2 });
    expect(await queue.getPrioritizedCount()).toBe(3);
  });

  test('a half done workflow that has no attempt left is undone before its job fails', async () => {
    await using lab = await still();
    const actions: Action[] = [{ do: 'workflow', steps: [{ name: 'one' }, { name: 'two', fails: 'backoff' }] }];
    const { jobId } = await submit(lab.ledger, { contract: twoAttempts, payload: { actions } });
    const keeper = new LeaseKeeper({ db: lab.db, timing: lab.timing, log: queueLog });
    const taker = new Taker({ ledger: lab.ledger, jobs: noopJobs(lab.dir), keeper, workerName: 'test' });
    await expect(taker.take({ jobId, generation: 1 })).rejects.toThrow();
    await lab.db('job_tracking').where({ id: jobId }).update({ dispatch_state: 'queued' });
    await claim(lab, jobId);
    await expire(lab, jobId);
    await new Reconciler(lab.ledger).once();
    const turned = await lab.job(jobId);
    expect(turned).toMatchObject({ direction: 'undo', attempt: 0, status: 'running' });
    await expect(taker.take({ jobId, generation: turned.generation })).rejects.toThrow('job.attempts-exhausted');

    expect(await lab.job(jobId)).toMatchObject({ status: 'failed', errorCode: 'job.attempts-exhausted' });
    expect(lab.journal(jobId).map((entry) => entry.what)).toEqual([
      'begun',
      'run one',
      'run two',
      'begun',
      'undo two',
      'undo one',
    ]);
    await keeper.close();
  });

  test('carries a cancel through that was noted by a process that died then', async () => {
    await using lab = await still();
    const jobId = await lab.submit();
    await inTransaction(lab.db, (trx) => requestCancel(trx, jobId, 'noted'));
    await lab
      .db('job_tracking')
      .where({ id: jobId })
      .update({ cancel_requested_at: lab.db.raw('NOW(6) - INTERVAL 1 MINUTE') });
    await new Reconciler(lab.ledger).once();

    expect(await lab.job(jobId)).toMatchObject({ status: 'cancelled', errorMessage: 'noted' });
  });

  test('removes the message of a job that ended before anybody took it', async () => {
    await using lab = await still();
    const jobId = await lab.submit();
    const kept = await lab.submit();
    await relayOnce(lab.ledger);
    await lab.db('job_tracking').where({ id: jobId }).update({ dispatch_state: 'closed', status: 'cancelled' });
    const reconciler = new Reconciler(lab.ledger);
    for (let round = 0; round < 12; round += 1) await reconciler.once();
    await using queue = new Board(lab);

    expect(await queue.getJob(`${jobId}.1`)).toBeUndefined();
    expect(await queue.getJob(`${kept}.1`)).toBeDefined();
  });
});

describe('the lease of the leader', () => {
  test('has one holder at a time, and a new term for each change', async () => {
    await using lab = await still();
    const as = (owner: string, ttlMs = 60_000): Promise<number | undefined> =>
      lead(lab.db, { name: 'test', owner, ttlMs });

    expect(await as('a')).toBe(1);
    expect(await as('b')).toBeUndefined();
    expect(await as('a', 0)).toBe(1);
    expect(await as('b')).toBe(2);
    expect(await as('a')).toBeUndefined();
  });

  test('goes to one of many who ask for it at once', async () => {
    await using lab = await still();
    const owners = ['a', 'b', 'c', 'd', 'e'];
    const terms = await Promise.all(owners.map((owner) => lead(lab.db, { name: 'many', owner, ttlMs: 60_000 })));

    expect(terms.filter((term) => term !== undefined)).toEqual([1]);
  });
});
