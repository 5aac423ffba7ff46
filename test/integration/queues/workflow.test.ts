import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expectJob } from '../../support/job-story.ts';
import { LedgerLab, type TestWorker } from '../../support/ledger-lab.ts';
import type { StepPlan } from '../../support/noop-job.ts';

const NAMES = ['one', 'two', 'three'];

let lab: LedgerLab;

beforeAll(async () => {
  lab = await LedgerLab.open();
});
afterAll(() => lab[Symbol.asyncDispose]());

/** Runs `body` with a worker that it may kill; another one takes over afterwards. */
async function withWorker(body: (worker: TestWorker) => Promise<void>): Promise<void> {
  const worker = await lab.worker();
  await body(worker);
  await lab.bury(worker);
}

const effects = (jobId: string): string[] =>
  lab
    .journal(jobId)
    .map((entry) => entry.what)
    .filter((what) => /^(run|undo) /.test(what));

const plan = (change: (name: string) => Partial<StepPlan>): StepPlan[] =>
  NAMES.map((name) => ({ name, ...change(name) }));

/** Unique gates, because the tests of this file share one folder. */
const gateOf = (label: string, name: string): string => `${label}-${name}`;

async function steps(jobId: string): Promise<{ name: string; status: string; runs: number; undone: boolean }[]> {
  const rows: { name: string; status: string; runs: number; undone_at: Date | null }[] = await lab
    .db('job_steps')
    .where({ job_id: jobId })
    .orderBy('seq')
    .select('name', 'status', 'runs', 'undone_at');
  return rows.map((row) => ({ name: row.name, status: row.status, runs: row.runs, undone: row.undone_at !== null }));
}

const timesOf = async (jobId: string): Promise<{ name: string; started_at: Date; completed_at: Date | null }[]> =>
  lab.db('job_steps').where({ job_id: jobId }).orderBy('seq').select('name', 'started_at', 'completed_at');

describe.each(NAMES)('a worker killed during step %s', (name) => {
  test('leaves a job that goes on with that step and repeats none before it', async () => {
    const gate = gateOf('crash', name);
    let jobId = '';
    await withWorker(async () => {
      jobId = await lab.submit({ do: 'workflow', steps: plan((step) => (step === name ? { gate } : {})) });
      await lab.untilNoted(jobId, `run ${name}`);
    });
    const before = await timesOf(jobId);
    lab.open(gate);
    await withWorker(async () => {
      await expectJob(lab.db, await lab.untilEnded(jobId), { status: 'completed', attempt: 2 });
    });

    const done = NAMES.slice(0, NAMES.indexOf(name) + 1).map((step) => `run ${step}`);
    // How long a step took is counted from where it was begun first.
    const since = (rows: typeof before): Date[] => rows.map((row) => row.started_at).slice(0, before.length);
    expect(since(await timesOf(jobId))).toEqual(since(before));
    const rest = NAMES.slice(NAMES.indexOf(name)).map((step) => `run ${step}`);
    expect(effects(jobId)).toEqual([...done, ...rest]);
    expect(await steps(jobId)).toEqual(
      NAMES.map((step) => ({ name: step, status: 'completed', runs: step === name ? 2 : 1, undone: false })),
    );
  });

  test('during the undo of it, leaves a job whose next attempt finishes the undo', async () => {
    const gate = gateOf('undo', name);
    const change = (step: string): Partial<StepPlan> => ({
      ...(step === name ? { undoGate: gate } : {}),
      ...(step === 'three' ? { fails: 'never' } : {}),
    });
    let jobId = '';
    await withWorker(async () => {
      jobId = await lab.submit({ do: 'workflow', steps: plan(change) });
      await lab.untilNoted(jobId, `undo ${name}`);
    });
    lab.open(gate);
    await withWorker(async () => {
      const job = await lab.untilEnded(jobId);
      await expectJob(lab.db, job, { status: 'failed', errorCode: 'test.step-failed', direction: 'undo' });
    });

    expect((await steps(jobId)).map((step) => step.undone)).toEqual([true, true, true]);
    expect(effects(jobId).filter((what) => what === `undo ${name}`)).toHaveLength(2);
  });
});

describe('the rows that a step records with its end', () => {
  test('are there once, although the worker died while it wrote them', async () => {
    let jobId = '';
    const records = { message: 'rows', gate: 'while-recording' };
    await withWorker(async () => {
      const change = (name: string): Partial<StepPlan> => (name === 'two' ? { records, pointOfNoReturn: true } : {});
      jobId = await lab.submit({ do: 'workflow', steps: plan(change) });
      await lab.untilNoted(jobId, 'recorded two');
      expect(await lab.written(jobId)).toEqual([]);
    });
    expect(await lab.job(jobId)).toMatchObject({ committed: false });
    lab.open('while-recording');
    await withWorker(async () => {
      await expectJob(lab.db, await lab.untilEnded(jobId), { status: 'completed', committed: true, attempt: 2 });
    });

    expect(await lab.written(jobId)).toEqual(['rows', 'settled completed']);
    expect((await steps(jobId)).map((step) => step.runs)).toEqual([1, 2, 1]);
  });
});

describe('a workflow', () => {
  test.each(NAMES)('that fails for good in step %s undoes that step and all before it, in reverse', async (name) => {
    let jobId = '';
    await withWorker(async () => {
      jobId = await lab.submit({ do: 'workflow', steps: plan((step) => (step === name ? { fails: 'never' } : {})) });
      await expectJob(lab.db, await lab.untilEnded(jobId), { status: 'failed', errorCode: 'test.step-failed' });
    });

    const begun = NAMES.slice(0, NAMES.indexOf(name) + 1);
    expect(effects(jobId)).toEqual([
      ...begun.map((step) => `run ${step}`),
      ...begun.toReversed().map((step) => `undo ${step}`),
    ]);
  });

  test('that uses up its attempts turns back, with attempts of its own for the way back', async () => {
    await withWorker(async () => {
      const jobId = await lab.submit({ do: 'workflow', steps: plan((s) => (s === 'two' ? { fails: 'backoff' } : {})) });
      await expectJob(lab.db, await lab.untilEnded(jobId), {
        status: 'failed',
        errorCode: 'test.step-failed',
        attempt: 1,
      });
      expect(effects(jobId).filter((what) => what === 'run two')).toHaveLength(5);
      expect(effects(jobId).slice(-2)).toEqual(['undo two', 'undo one']);
    });
  });

  test('that fails after the point of no return undoes nothing', async () => {
    const change = (step: string): Partial<StepPlan> =>
      step === 'two' ? { pointOfNoReturn: true } : step === 'three' ? { fails: 'never' } : {};
    await withWorker(async () => {
      const jobId = await lab.submit({ do: 'workflow', steps: plan(change) });
      const job = await lab.untilEnded(jobId);
      await expectJob(lab.db, job, { status: 'failed', errorCode: 'test.step-failed', committed: true });
      expect(job.direction).toBe('forward');
      expect(effects(jobId)).toEqual(['run one', 'run two', 'run three']);
    });
  });

  test('whose undo fails for good says what remains', async () => {
    const change = (step: string): Partial<StepPlan> =>
      step === 'two' ? { undoFails: 'never' } : step === 'three' ? { fails: 'never' } : {};
    await withWorker(async () => {
      const jobId = await lab.submit({ do: 'workflow', steps: plan(change) });
      const job = await lab.untilEnded(jobId);
      await expectJob(lab.db, job, { status: 'failed', errorCode: 'workflow.undo-incomplete' });
      expect(job.errorMessage).toContain('not undone: one, two');
      expect((await steps(jobId)).map((step) => step.undone)).toEqual([false, false, true]);
    });
  });

  test('whose undo keeps failing gives up after its attempts and says what remains', async () => {
    const change = (step: string): Partial<StepPlan> =>
      step === 'two' ? { undoFails: 'backoff' } : step === 'three' ? { fails: 'never' } : {};
    await withWorker(async () => {
      const jobId = await lab.submit({ do: 'workflow', steps: plan(change) });
      const job = await lab.untilEnded(jobId);
      await expectJob(lab.db, job, { status: 'failed', errorCode: 'workflow.undo-incomplete', attempt: 5 });
      expect(effects(jobId).filter((what) => what === 'undo two')).toHaveLength(5);
    });
  });

  test('records a step whose condition does not hold, and neither runs nor undoes it', async () => {
    const change = (step: string): Partial<StepPlan> =>
      step === 'two' ? { skipped: true } : step === 'three' ? { fails: 'never' } : {};
    await withWorker(async () => {
      const jobId = await lab.submit({ do: 'workflow', steps: plan(change) });
      await lab.untilEnded(jobId);
      expect(effects(jobId)).toEqual(['run one', 'run three', 'undo three', 'undo one']);
      expect((await steps(jobId)).map((step) => step.status)).toEqual(['completed', 'skipped', 'failed']);
      expect((await timesOf(jobId)).map((step) => step.completed_at)).not.toContain(null);
    });
  });
});
