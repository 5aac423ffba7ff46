import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openChildren } from '../../../src/db/stores/job-rows.ts';
import { expectJob } from '../../support/job-story.ts';
import { LedgerLab } from '../../support/ledger-lab.ts';

let lab: LedgerLab;

beforeAll(async () => {
  // Long enough for the test to look at the job while it waits.
  lab = await LedgerLab.open({ timing: { retryFirstMs: 3_000, retryMaxMs: 3_000 } });
  await lab.worker();
});
afterAll(() => lab[Symbol.asyncDispose]());

const WHY = { errorCode: 'test.away', errorMessage: 'told to fail', errorHint: 'tell it otherwise' };
const NOTHING = { errorCode: null, errorMessage: null, errorHint: null };

describe('a job that waits for another attempt', () => {
  test('says why it waits and what to do, and says nothing any more when it has completed', async () => {
    const jobId = await lab.submit({ do: 'fail', code: 'test.away', retry: 'backoff', upToAttempt: 1 });

    expect(await lab.untilJob(jobId, (job) => job.dispatchState === 'retry_wait')).toMatchObject(WHY);
    await expectJob(lab.db, await lab.untilEnded(jobId), { status: 'completed', attempt: 2, ...NOTHING });
  });

  test('says so in the rows of the parent that waits for it', async () => {
    const actions = [{ do: 'fail', code: 'test.away', retry: 'backoff', upToAttempt: 1 }];
    const jobId = await lab.submit({ do: 'child', key: 'c', actions, deadlineMs: 600_000 });
    await lab.untilJob(jobId, (job) => job.dispatchState === 'waiting');
    const [child] = await openChildren(lab.db, jobId);

    expect(await lab.untilJob(child?.id ?? '', (job) => job.dispatchState === 'retry_wait')).toMatchObject(WHY);
    await expectJob(lab.db, await lab.untilEnded(jobId), { status: 'completed', ...NOTHING });
    expect(await lab.written(jobId)).toEqual(['noop waits: test.away', 'settled completed']);
  });

  test('that fails for good after an undo by another claim keeps the hint of the failure', async () => {
    const steps = [{ name: 'one' }, { name: 'two', fails: 'backoff' as const }];
    const jobId = await lab.submit({ do: 'workflow', steps });
    await lab.untilJob(jobId, (job) => job.dispatchState === 'retry_wait');
    // Its attempts are used up but for one.
    await lab.db('job_tracking').where({ id: jobId }).update({ attempt: 4 });

    await expectJob(lab.db, await lab.untilEnded(jobId), {
      status: 'failed',
      errorCode: 'test.step-failed',
      errorHint: 'tell it otherwise',
    });
  });
});
