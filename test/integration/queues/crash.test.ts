import { describe, expect, test } from '@jest/globals';
import { inTransaction } from '../../../src/db/knex.ts';
import { runOutLeases } from '../../support/dead-worker.ts';
import { expectJob } from '../../support/job-story.ts';
import { LedgerLab } from '../../support/ledger-lab.ts';

/** Of a worker whose lease is to run out. A machine that stands still may cost it an attempt: so tests count from there. */
const SHORT = { leaseMs: 5_000, trustMs: 3_500, heartbeatMs: 400 };

describe('a worker that dies or hangs', () => {
  test('a job runs once and completes with the domain rows of its end', async () => {
    await using lab = await LedgerLab.open();
    await lab.worker();
    const jobId = await lab.submit({ do: 'write', message: 'hello' });

    const job = await lab.untilEnded(jobId);

    await expectJob(lab.db, job, { status: 'completed', attempt: 1, leaseEpoch: 1, leaseOwner: null });
    expect(await lab.written(jobId)).toEqual(['hello 1', 'settled completed']);
  });

  test('a job whose worker is killed with -9 is completed by another one, in its next attempt', async () => {
    await using lab = await LedgerLab.open();
    const first = await lab.worker(SHORT);
    const jobId = await lab.submit({ do: 'wait', gate: 'go' }, { do: 'write', message: 'effect' });
    await lab.untilNoted(jobId, 'at go');
    await first.kill9();
    const { attempt, leaseEpoch } = await lab.job(jobId);
    lab.open('go');
    await lab.worker();

    const job = await lab.untilEnded(jobId);

    await expectJob(lab.db, job, { status: 'completed', attempt: attempt + 1, leaseEpoch: leaseEpoch + 1 });
    expect(await lab.written(jobId)).toEqual([`effect ${leaseEpoch + 1}`, 'settled completed']);
  });

  test.each([
    { who: 'its own clock refuses', timing: SHORT, runsOut: 'by itself' },
    { who: 'the database refuses, although its own clock would not', timing: {}, runsOut: 'unseen' },
  ])('a worker that was stopped for longer than its lease cannot write when it wakes: $who', async (lease) => {
    await using lab = await LedgerLab.open();
    const zombie = await lab.worker(lease.timing);
    const jobId = await lab.submit({ do: 'wait-deaf', gate: 'go' }, { do: 'write', message: 'effect' });
    await lab.untilNoted(jobId, 'at go');
    zombie.signal('SIGSTOP');
    const { attempt, leaseEpoch } = await lab.job(jobId);
    // Should it have stopped in the middle of a heartbeat, the server gives its rows free after a while.
    if (lease.runsOut === 'unseen') await inTransaction(lab.db, (trx) => runOutLeases(trx, zombie.name));
    await lab.worker();
    await lab.untilJob(jobId, (job) => job.leaseEpoch > leaseEpoch);
    lab.open('go');
    await lab.untilEnded(jobId);
    zombie.signal('SIGCONT');
    const refused = await lab.untilNoted(jobId, 'write refused: job.lease-lost');

    expect(refused.pid).toBe(zombie.pid);
    const claim = { attempt: attempt + 1, leaseEpoch: leaseEpoch + 1 };
    expect(await lab.job(jobId)).toMatchObject({ status: 'completed', ...claim });
    expect(await lab.written(jobId)).toEqual([`effect ${claim.leaseEpoch}`, 'settled completed']);
  });

  test('a job whose every attempt dies fails with the reason, and its context is free again', async () => {
    await using lab = await LedgerLab.open();
    const jobId = await lab.submit({ do: 'wait', gate: 'never' });
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      const worker = await lab.worker();
      await lab.untilNoted(jobId, 'at never', attempt);
      await lab.bury(worker);
    }
    await lab.worker();

    const job = await lab.untilEnded(jobId);

    await expectJob(lab.db, job, { status: 'failed', errorCode: 'job.attempts-exhausted', attempt: 5 });
    expect(await lab.written(jobId)).toEqual(['settled failed']);
  });
});
