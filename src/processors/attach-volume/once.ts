import type { z } from 'zod';
import { noteOperationProgress, operationProgress } from '../../db/stores/volume-operation-store.ts';
import type { JobRun, Transaction } from '../../queues/define-job.ts';

/** Something that a job does once, whatever becomes of its attempts, with rows that tell of it. */
interface Once<T> {
  readonly name: string;
  readonly output: z.ZodType<T>;
  readonly act: () => Promise<T>;
  /** In the transaction that says that it is done. */
  readonly rows?: (trx: Transaction, output: T) => Promise<void>;
}

type Run = Pick<JobRun<unknown>, 'jobId' | 'fenced'>;

/** What it gave when it was done, by this attempt or an earlier one. It may be begun several times. */
export async function once<T>(run: Run, step: Once<T>): Promise<T> {
  const done = await outputOf(run, step);
  if (done !== undefined) return done;
  const output = await step.act();
  await run.fenced(async (trx) => {
    await step.rows?.(trx, output);
    await noteOperationProgress(trx, run.jobId, { what: step.name, output });
  });
  return output;
}

/** Undefined while it is not done. */
export async function outputOf<T>(run: Run, step: Pick<Once<T>, 'name' | 'output'>): Promise<T | undefined> {
  const progress = await run.fenced((trx) => operationProgress(trx, run.jobId));
  const output = progress[step.name];
  return output === undefined ? undefined : step.output.parse(output);
}
