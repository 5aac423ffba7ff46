import type { Knex } from 'knex';
import type { AppError } from '../base/errors.ts';

/**
 * What the workflow runner needs to remember about the steps of one job. Implemented on MySQL by db/step-ledger.ts,
 * whose every write is fenced by the epoch of the job.
 */

/** begun: `run` was entered and its end is not known. undone: `undo` ended well. */
export type StepState = 'begun' | 'done' | 'failed' | 'skipped' | 'undone';

export interface StepRecord {
  readonly name: string;
  readonly state: StepState;
  /** What `run` returned; kept across attempts. */
  readonly output: unknown;
  /** How often `run` was entered. */
  readonly runs: number;
}

/** undo: the workflow has turned back and never goes forward again. */
export type Direction = 'forward' | 'undo';

export interface WorkflowState {
  readonly direction: Direction;
  /** The point of no return is behind us: nothing is undone any more. */
  readonly committed: boolean;
  /** Why it turned back; `code: message`. */
  readonly reason: string | null;
}

export type Transaction = Knex.Transaction;

export interface StepEnd {
  readonly output: unknown;
  readonly commit: boolean;
  readonly rows?: ((trx: Transaction) => Promise<void>) | undefined;
}

export interface StepLedger {
  load(): Promise<{ readonly workflow: WorkflowState; readonly steps: readonly StepRecord[] }>;
  begin(name: string): Promise<void>;
  /**
   * The end of a step in one transaction, with `rows` of the domain and, with `commit`, the point of no return.
   * @throws cancelled `job.cancelled` with `commit` when somebody asked for the job's end before; nothing is written then.
   */
  done(name: string, end: StepEnd): Promise<void>;
  skipped(name: string): Promise<void>;
  failed(name: string, error: string): Promise<void>;
  undone(name: string): Promise<void>;
  /** Written before the first undo runs: why, which is what the job ends with. */
  turnBack(error: AppError): Promise<void>;
}
