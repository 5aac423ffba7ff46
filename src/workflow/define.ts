import type { z } from 'zod';
import type { Logger } from '../base/logger.ts';
import { invariant } from '../base/invariant.ts';
import type { Transaction } from './ledger.ts';

/**
 * A workflow is a list of steps: data, so that the list can be read, shown and tested in a loop. It knows no domain.
 * Start reading in run.ts for how a list is worked off, in undo.ts for the way back.
 */

/** What steps returned, kept in the ledger across attempts; each reader names the schema that it expects. */
export interface Outputs {
  /** @throws invariant `internal` when that step has not ended, or returned something else. */
  get<T>(step: string, schema: z.ZodType<T>): T;
  /** Undefined when that step has not ended; the way back meets steps that died half way. */
  find<T>(step: string, schema: z.ZodType<T>): T | undefined;
}

export interface StepScope<C> {
  readonly context: C;
  readonly outputs: Outputs;
  readonly signal: AbortSignal;
  /** Carries the name of the step. */
  readonly log: Logger;
  /** 1 when the step is entered for the first time: above, look for what an earlier run left behind. */
  readonly runs: number;
}

export interface StepWork<C> {
  /** Looks first: an earlier run of it may have died at any point. What it returns must survive JSON. */
  run(scope: StepScope<C>): Promise<unknown>;
  /**
   * Rows of ours that must be there exactly when the step is done: written after `run`, in the one transaction that
   * records its end, and the point of no return where the step is it. Only rows, no calls: it holds the job's row, and
   * runs again when the database asks for that.
   */
  record?(scope: StepScope<C>, trx: Transaction): Promise<void>;
  /** Looks first, and tolerates that there is nothing: `run` may have died before its first effect. */
  undo?(scope: StepScope<C>): Promise<void>;
}

export interface StepOptions<C> {
  /** Asked once, when the step's turn comes; false is recorded as skipped and never asked again. */
  readonly when?: (scope: Omit<StepScope<C>, 'runs'>) => boolean | Promise<boolean>;
  /**
   * Once this step is done nothing is undone any more, and a cancel comes too late; one that was noted before keeps the
   * step from being done. At most one per workflow; a function says for which runs of it the step is one, asked before
   * the step begins.
   */
  readonly pointOfNoReturn?: boolean | PointOfNoReturn<C>;
}

type PointOfNoReturn<C> = (scope: Omit<StepScope<C>, 'runs'>) => boolean;

export interface Step<C> {
  readonly name: string;
  readonly work: StepWork<C>;
  readonly when: ((scope: Omit<StepScope<C>, 'runs'>) => boolean | Promise<boolean>) | undefined;
  readonly pointOfNoReturn: PointOfNoReturn<C> | undefined;
}

export interface Workflow<C> {
  readonly name: string;
  readonly steps: readonly Step<C>[];
}

/** One line of a workflow. `name` is what ledger and console show; renaming it strands jobs that are under way. */
export function step<C>(name: string, work: StepWork<C>, options: StepOptions<C> = {}): Step<C> {
  const { when, pointOfNoReturn = false } = options;
  const always = pointOfNoReturn === true ? () => true : undefined;
  return { name, work, when, pointOfNoReturn: typeof pointOfNoReturn === 'function' ? pointOfNoReturn : always };
}

/** @throws invariant `internal` when two steps share a name, or two are points of no return. */
export function defineWorkflow<C>(name: string, steps: readonly Step<C>[]): Workflow<C> {
  const names = new Set(steps.map((entry) => entry.name));
  invariant(names.size === steps.length, `workflow ${name} has two steps of one name`);
  const points = steps.filter((entry) => entry.pointOfNoReturn !== undefined);
  invariant(points.length <= 1, `workflow ${name} has two points of no return`);
  return { name, steps };
}
