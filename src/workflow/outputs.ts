import type { z } from 'zod';
import { AppError } from '../base/errors.ts';
import { invariant } from '../base/invariant.ts';
import type { Outputs } from './define.ts';
import type { StepRecord } from './ledger.ts';

/** The outputs of the steps that ended, growing while the workflow runs. */
export class RecordedOutputs implements Outputs {
  readonly #values: Map<string, unknown>;

  constructor(steps: readonly StepRecord[]) {
    this.#values = new Map(
      steps.filter((record) => record.state === 'done').map((entry) => [entry.name, entry.output]),
    );
  }

  /** Stores the value as a later attempt would read it back, so that both see the same. */
  put(step: string, value: unknown): void {
    this.#values.set(step, JSON.parse(JSON.stringify(value ?? null)) as unknown);
  }

  get<T>(step: string, schema: z.ZodType<T>): T {
    const value = this.find(step, schema);
    invariant(value !== undefined, `step ${step} has no output yet`);
    return value;
  }

  find<T>(step: string, schema: z.ZodType<T>): T | undefined {
    if (!this.#values.has(step)) return undefined;
    const parsed = schema.safeParse(this.#values.get(step));
    if (parsed.success) return parsed.data;
    throw new AppError('invariant', ['internal', `output of step ${step} is not what its reader expects`], {
      cause: parsed.error,
    });
  }
}
