import type { z } from 'zod';
import type { JobRun, Transaction } from '../../queues/define-job.ts';

/** Something that a job does once, whatever becomes of its attempts: a step of the job, with rows that tell of it. */
interface Once<T> {
  readonly name: string;
  readonly output: z.ZodType<T>;
  readonly act: () => Promise<T>;
  readonly rows: (trx: Transaction, output: T) => Promise<void>;
}

/** What it gave when it was done, by this attempt or an earlier one. It may be begun several times. */
export async function once<T>(run: JobRun<unknown>, step: Once<T>): Promise<T> {
  const done = await outputOf(run, step);
  if (done !== undefined) return done;
  await run.steps.begin(step.name);
  const output = await step.act();
  await run.steps.done(step.name, { output, commit: false, rows: (trx) => step.rows(trx, output) });
  return output;
}

/** Undefined while it is not done. */
export async function outputOf<T>(
  run: JobRun<unknown>,
  step: Pick<Once<T>, 'name' | 'output'>,
): Promise<T | undefined> {
  const { steps } = await run.steps.load();
  const found = steps.find(({ name, state }) => name === step.name && state === 'done');
  return found === undefined ? undefined : step.output.parse(found.output);
}
