import { describe, expect, test } from '@jest/globals';
import { LedgerLab } from '../../support/ledger-lab.ts';

describe('a worker that dies or hangs', () => {
  test('a job runs once and completes with the domain rows of its end', async () => {
    await using lab = await LedgerLab.open();
    await lab.worker();
    const jobId = await lab.submit({ do: 'write', message: 'hello' });

    const job = await lab.untilEnded(jobId);

    expect(job).toMatchObject({ status: 'completed', attempt: 1, leaseEpoch: 1, leaseOwner: null });
    expect(await lab.written(jobId)).toEqual(['hello 1', 'settled completed']);
  });

  test('a job whose worker is killed with -9 is completed by another one, in its second attempt', async () => {
    await using lab = await LedgerLab.open({ timing: { leaseMs: 3_000, trustMs: 2_200, heartbeatMs: 500 } });
    const first = await lab.worker();
    const jobId = await lab.submit({ do: 'wait', gate: 'go' }, { do: 'write', message: 'effect' });
    await lab.untilNoted(jobId, 'at go');
    await first.kill9();
    await lab.worker();
    await lab.untilNoted(jobId, 'at go', 2);
    lab.open('go');

    const job = await lab.untilEnded(jobId);

    expect(job).toMatchObject({ status: 'completed', attempt: 2, leaseEpoch: 2 });
    expect(await lab.written(jobId)).toEqual(['effect 2', 'settled completed']);
  });

  test('a worker that was stopped for longer than its lease cannot write when it wakes', async () => {
    await using lab = await LedgerLab.open({ timing: { leaseMs: 3_000, trustMs: 2_200, heartbeatMs: 500 } });
    const zombie = await lab.worker();
    const jobId = await lab.submit({ do: 'wait-deaf', gate: 'go' }, { do: 'write', message: 'effect' });
    await lab.untilNoted(jobId, 'at go');
    zombie.signal('SIGSTOP');
    await lab.worker();
    await lab.untilNoted(jobId, 'at go', 2);
    lab.open('go');
    await lab.untilEnded(jobId);
    zombie.signal('SIGCONT');
    const refused = await lab.untilNoted(jobId, 'write refused: job.lease-lost');

    expect(refused).toMatchObject({ pid: zombie.pid, epoch: 1 });
    expect(await lab.job(jobId)).toMatchObject({ status: 'completed', attempt: 2, leaseEpoch: 2 });
    expect(await lab.written(jobId)).toEqual(['effect 2', 'settled completed']);
  });

  test('a job whose every attempt dies fails with the reason, and its context is free again', async () => {
    await using lab = await LedgerLab.open({ timing: { leaseMs: 2_000, trustMs: 1_500, heartbeatMs: 400 } });
    const jobId = await lab.submit({ do: 'wait', gate: 'never' });
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      const worker = await lab.worker();
      await lab.untilNoted(jobId, 'at never', attempt);
      await worker.kill9();
    }
    await lab.worker();

    const job = await lab.untilEnded(jobId);

    expect(job).toMatchObject({ status: 'failed', errorCode: 'job.attempts-exhausted', attempt: 5 });
    expect(await lab.written(jobId)).toEqual(['settled failed']);
  }, 120_000);
});
