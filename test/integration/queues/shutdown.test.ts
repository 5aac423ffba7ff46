import { describe, expect, test } from '@jest/globals';
import { expectJob } from '../../support/job-story.ts';
import { LedgerLab } from '../../support/ledger-lab.ts';

const RESTARTS = 20;

describe('a worker that is told to stop', () => {
  test('twenty rolling restarts of its worker cost a long job no attempt', async () => {
    await using lab = await LedgerLab.open();
    const jobId = await lab.submit({ do: 'wait', gate: 'go' }, { do: 'write', message: 'effect' });
    let worker = await lab.worker();
    for (let restart = 1; restart <= RESTARTS; restart += 1) {
      await lab.untilNoted(jobId, 'at go', restart);
      const next = lab.worker();
      worker.signal('SIGTERM');
      expect(await worker.exited).toBe(0);
      worker = await next;
    }
    await lab.untilNoted(jobId, 'at go', RESTARTS + 1);
    lab.open('go');

    const job = await lab.untilEnded(jobId);

    await expectJob(lab.db, job, { status: 'completed', attempt: 1, leaseEpoch: RESTARTS + 1 });
    expect(await lab.written(jobId)).toEqual([`effect ${RESTARTS + 1}`, 'settled completed']);
  }, 240_000);
});
