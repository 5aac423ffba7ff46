import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { sleep } from '../../src/base/clock.ts';
import { AppError, type Retry } from '../../src/base/errors.ts';
import { bindJob, catalogueOf, entryOf, type BoundJob, type Catalogue } from '../../src/queues/catalogue.ts';
import { defineJob, type JobRun } from '../../src/queues/define-job.ts';
import { defineWorkflow, step, type Step } from '../../src/workflow/define.ts';
import { runWorkflow } from '../../src/workflow/run.ts';

/**
 * A job that does what its payload says, and waits where its test wants it: a gate is a file that the test makes. What
 * it did is in a journal that the test reads. So a worker process is stopped at a point, not after a time.
 */

const Retryable = z.enum(['never', 'backoff', 'later']);
const ChildPlan = z.object({ key: z.string(), actions: z.array(z.unknown()) });

const StepPlan = z.object({
  name: z.string(),
  children: z.array(ChildPlan).optional(),
  /** Waits at this gate in `run`, after its effect. */
  gate: z.string().optional(),
  fails: Retryable.optional(),
  undoGate: z.string().optional(),
  undoFails: Retryable.optional(),
  pointOfNoReturn: z.boolean().optional(),
  /** A row in job_execution_log in the transaction that records the end of the step; the gate holds it open. */
  records: z.object({ message: z.string(), gate: z.string().optional() }).optional(),
  /** Waits at this gate in `run` and does not hear the signal. */
  deafGate: z.string().optional(),
  skipped: z.boolean().optional(),
});
export type StepPlan = z.input<typeof StepPlan>;

const Action = z.discriminatedUnion('do', [
  z.object({ do: z.literal('wait'), gate: z.string() }),
  /** Does not hear the signal. */
  z.object({ do: z.literal('wait-deaf'), gate: z.string() }),
  /** One row in job_execution_log, under the epoch. */
  z.object({ do: z.literal('write'), message: z.string() }),
  z.object({ do: z.literal('fail'), code: z.string(), retry: Retryable, upToAttempt: z.int().optional() }),
  z.object({ do: z.literal('crash'), message: z.string() }),
  z.object({ do: z.literal('child'), key: z.string(), actions: z.array(z.unknown()), deadlineMs: z.int() }),
  /** Several at once; fails as soon as one of them has failed. */
  z.object({ do: z.literal('children'), children: z.array(ChildPlan) }),
  z.object({ do: z.literal('workflow'), steps: z.array(StepPlan) }),
]);
export type Action = z.input<typeof Action>;

const NoopPayload = z.object({ actions: z.array(z.unknown()) });

const Ended = z.object({ epoch: z.int(), attempt: z.int() });

/** Rows of the domain are played by metadata of the job's own row. */
export const noop = defineJob({
  name: 'noop',
  queue: 'maintenance',
  jobType: 'scheduler',
  jobCategory: 'system',
  idPrefix: 'maintenance',
  payload: NoopPayload,
  result: Ended,
  maxAttempts: 5,
  stopsWithinMs: 10_000,
  title: () => 'noop',
  rows: {
    childWaits: async (trx, jobId, { title, error }) => {
      await trx('job_execution_log').insert({ job_id: jobId, message: `${title} waits: ${error.code}` });
    },
    settled: async (trx, jobId, outcome) => {
      await trx('job_execution_log').insert({ job_id: jobId, message: `settled ${outcome.status}` });
    },
  },
});

export const twoAttempts = defineJob({ ...noop, name: 'noop-two-attempts', maxAttempts: 2 });
/** What it began the next one mends. */
export const unheld = defineJob({ ...noop, name: 'noop-unheld', cancelsUnheld: true });
/** Its rows of the domain refuse every claim. */
export const unclaimable = defineJob({
  ...noop,
  name: 'noop-unclaimable',
  rows: { ...noop.rows, begun: () => Promise.reject(new TypeError('no such row')) },
});
/** Its rows of the domain refuse success. */
export const unfinishable = defineJob({
  ...noop,
  name: 'noop-unfinishable',
  rows: {
    settled: async (trx, jobId, outcome) => {
      if (outcome.status === 'completed') throw new TypeError('no such result');
      await noop.rows?.settled?.(trx, jobId, outcome);
    },
  },
});
export const testCatalogue: Catalogue = catalogueOf(
  entryOf(noop),
  entryOf(twoAttempts),
  entryOf(unheld),
  entryOf(unclaimable),
  entryOf(unfinishable),
);

/** `dir` holds gates and journal. */
export function noopJobs(dir: string): BoundJob[] {
  const work = (run: JobRun<{ actions: unknown[] }>): Promise<z.output<typeof Ended>> => perform(run, dir);
  return [noop, twoAttempts, unheld, unclaimable, unfinishable].map((contract) => bindJob(contract, work));
}

export interface JournalEntry {
  readonly jobId: string;
  readonly epoch: number;
  readonly attempt: number;
  readonly pid: number;
  readonly what: string;
}

export function readJournal(dir: string): JournalEntry[] {
  const file = join(dir, 'journal');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JournalEntry);
}

export function openGate(dir: string, gate: string): void {
  writeFileSync(join(dir, `gate-${gate}`), '');
}

async function perform(run: JobRun<{ actions: unknown[] }>, dir: string): Promise<z.output<typeof Ended>> {
  note(run, dir, 'begun');
  for (const raw of run.payload.actions) await act(run, dir, Action.parse(raw));
  note(run, dir, 'ended');
  return { epoch: run.epoch, attempt: run.attempt };
}

async function act(run: JobRun<{ actions: unknown[] }>, dir: string, action: z.output<typeof Action>): Promise<void> {
  switch (action.do) {
    case 'wait':
      note(run, dir, `at ${action.gate}`);
      return pass(dir, action.gate, run.signal);
    case 'wait-deaf':
      note(run, dir, `at ${action.gate}`);
      return pass(dir, action.gate);
    case 'write':
      try {
        await run.fenced(async (trx) => {
          await trx('job_execution_log').insert({ job_id: run.jobId, message: `${action.message} ${run.epoch}` });
        });
      } catch (error) {
        note(run, dir, `write refused: ${error instanceof AppError ? error.code : String(error)}`);
        throw error;
      }
      return;
    case 'fail':
      if (run.attempt <= (action.upToAttempt ?? Infinity)) throw failure(action.code, action.retry);
      return;
    case 'crash':
      throw new TypeError(action.message);
    case 'child':
      return childDone(run, action);
    case 'children':
      return childrenDone(run, action.children);
    case 'workflow':
      await runWorkflow(workflowOf(run, dir, action.steps), { ...run, context: {} });
  }
}

async function childDone(
  run: JobRun<{ actions: unknown[] }>,
  action: { key: string; actions: unknown[]; deadlineMs: number },
): Promise<void> {
  const child = await run.child({ key: action.key, contract: noop, payload: { actions: action.actions } });
  if (child.status === 'completed') return;
  if (child.error !== undefined) throw child.error;
  await run.park([child.jobId], action.deadlineMs);
}

async function childrenDone(run: JobRun<unknown>, plans: readonly z.output<typeof ChildPlan>[]): Promise<void> {
  const children = [];
  for (const { key, actions } of plans) children.push(await run.child({ key, contract: noop, payload: { actions } }));
  const failed = children.find((child) => child.error !== undefined);
  if (failed?.error !== undefined) throw failed.error;
  const open = children.filter((child) => child.status !== 'completed').map((child) => child.jobId);
  if (open.length > 0) await run.park(open, 600_000);
}

function workflowOf(run: JobRun<unknown>, dir: string, plans: readonly z.output<typeof StepPlan>[]) {
  const steps: Step<object>[] = plans.map((plan) =>
    step(
      plan.name,
      {
        run: async ({ signal }) => {
          note(run, dir, `run ${plan.name}`);
          if (plan.gate !== undefined) await pass(dir, plan.gate, signal);
          if (plan.deafGate !== undefined) {
            signal.addEventListener('abort', () => note(run, dir, `told ${plan.name} to stop`), { once: true });
            await pass(dir, plan.deafGate);
          }
          if (plan.children !== undefined) await childrenDone(run, plan.children);
          if (plan.fails !== undefined) throw failure('test.step-failed', plan.fails);
          return { name: plan.name };
        },
        record: async (_scope, trx) => {
          if (plan.records === undefined) return;
          await trx('job_execution_log').insert({ job_id: run.jobId, message: plan.records.message });
          note(run, dir, `recorded ${plan.name}`);
          if (plan.records.gate !== undefined) await pass(dir, plan.records.gate);
        },
        undo: async ({ signal }) => {
          note(run, dir, `undo ${plan.name}`);
          if (plan.undoGate !== undefined) await pass(dir, plan.undoGate, signal);
          if (plan.undoFails !== undefined) throw failure('test.undo-failed', plan.undoFails);
        },
      },
      { pointOfNoReturn: plan.pointOfNoReturn === true, when: () => plan.skipped !== true },
    ),
  );
  return defineWorkflow('test', steps);
}

const failure = (code: string, retry: Retry): AppError =>
  new AppError('upstream', [code, 'told to fail'], { retry, hint: 'tell it otherwise' });

async function pass(dir: string, gate: string, signal?: AbortSignal): Promise<void> {
  while (!existsSync(join(dir, `gate-${gate}`))) await sleep(15, signal);
}

function note(run: JobRun<unknown>, dir: string, what: string): void {
  const entry: JournalEntry = { jobId: run.jobId, epoch: run.epoch, attempt: run.attempt, pid: process.pid, what };
  appendFileSync(join(dir, 'journal'), `${JSON.stringify(entry)}\n`);
}
