import type { Knex } from 'knex';
import type { z } from 'zod';
import type { AppError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { StepLedger } from '../workflow/ledger.ts';

/**
 * What a job is: everything about it except the work. `queues/jobs/<name>.ts` holds one contract each,
 * `processors/<name>` the work; processors/index.ts joins them, and the compiler names what is missing.
 */

/** The queues, as Bull Board shows them. A queue without a contract in this version exists and stays empty. */
export const QUEUE_NAMES = [
  'replicate',
  'sync-cbt',
  'attach-volume',
  'failover',
  'rollback',
  'delete-job',
  'maintenance',
] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];

/** Values of job_tracking.job_type that this version writes. */
export type JobType = 'migration' | 'volume_daemon' | 'failover' | 'cleanup' | 'scheduler' | 'discovery';
/** Values of job_tracking.job_category that this version writes. */
export type JobCategory = 'replication' | 'system' | 'failover' | 'discovery';
export type IdPrefix = 'job' | 'failover' | 'rollback' | 'volume' | 'delete' | 'maintenance';

/** A database transaction; the only thing of knex that rooms besides src/db may name. */
export type Transaction = Knex.Transaction;

/** How a job ended. */
export type Settled<R> =
  | { readonly status: 'completed'; readonly result: R }
  | { readonly status: 'failed'; readonly error: AppError }
  | { readonly status: 'cancelled'; readonly error: AppError };

/**
 * The rows of the domain that follow a job (replication_jobs, volume_operations, ...). Each hook runs in the very
 * transaction that moves the row of the ledger, so the two can never disagree. Hooks only write rows: no calls.
 */
export interface DomainRows<R> {
  /** At each claim: the job (again) runs. */
  readonly begun?: (trx: Transaction, jobId: string) => Promise<void>;
  /** The job waits for another attempt: whoever looks at its rows must see why, and what to do about it. */
  readonly waits?: (trx: Transaction, jobId: string, error: AppError) => Promise<void>;
  /** A child of the job waits for another attempt. Not called for grandchildren. */
  readonly childWaits?: (trx: Transaction, jobId: string, child: WaitingChild) => Promise<void>;
  /** Once: the job reached its terminal state. */
  readonly settled?: (trx: Transaction, jobId: string, outcome: Settled<R>) => Promise<void>;
}

export interface WaitingChild {
  /** One line for people. */
  readonly title: string;
  readonly error: AppError;
}

export interface JobContract<N extends string = string, P = unknown, R = unknown> {
  /** Unique; job_tracking.operation, and the name of the processor's file. */
  readonly name: N;
  readonly queue: QueueName;
  readonly jobType: JobType;
  readonly jobCategory: JobCategory;
  /** Ids are `<prefix>-YYYYMMDD-HHMMSS.mmm-xxxxxx`, UTC, six random hex digits. */
  readonly idPrefix: IdPrefix;
  /** Payload: ids and choices, never secrets. The worker reads current truth from the database. */
  readonly payload: z.ZodType<P>;
  readonly result: z.ZodType<R>;
  /** Claims that may fail or die before the job fails for good. Parking and shutdown use none. */
  readonly maxAttempts: number;
  /** From an abort of `run.signal` to the end of the processor, at most. */
  readonly stopsWithinMs: number;
  /**
   * A cancelled job that no worker holds ends at once, although it ran: whatever an earlier claim began, the next job
   * about the same thing finds and mends. Without it a worker must take the job to undo. Not for workflows.
   */
  readonly cancelsUnheld?: boolean;
  /** One line for people: Bull Board, console, logs. */
  readonly title: (payload: P) => string;
  readonly rows?: DomainRows<R>;
}

/** Fixes the types of a contract. */
export function defineJob<const N extends string, P, R>(contract: JobContract<N, P, R>): JobContract<N, P, R> {
  return contract;
}

/** State of a child job as its parent sees it. */
export interface Child<R> {
  readonly jobId: string;
  readonly status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
  /** Since it was asked for, by the clock of the database; whole seconds, in ms. */
  readonly ageMs: number;
  /** Present when completed. */
  readonly result?: R;
  /** Present when failed or cancelled. */
  readonly error?: AppError;
}

export interface ChildRequest<P, R> {
  /** Unique within the parent: asking again under the same key finds the first child, whatever its state. */
  readonly key: string;
  readonly contract: JobContract<string, P, R>;
  readonly payload: P;
  /** Rows of the domain that are written in the same transaction as the child's row. */
  readonly domainRows?: (trx: Transaction, jobId: string) => Promise<void>;
}

/**
 * What a processor receives. It never sees BullMQ. Everything that it writes about the job goes through `fenced`,
 * which proves the epoch: a worker that lost its lease without noticing cannot overwrite its successor (I3).
 */
export interface JobRun<P> {
  readonly jobId: string;
  /** Grows with every claim; goes with every call that touches the target. */
  readonly epoch: number;
  /** 1 at the first claim that counts. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly contextId: string | null;
  readonly parentJobId: string | null;
  readonly payload: P;
  /**
   * Aborts with an AppError as reason: `job.cancelled` (somebody asked), `job.lease-lost` (another worker may own it),
   * `job.shutdown` (this process ends; the job goes back to its queue and loses no attempt).
   */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** job_steps of this job. */
  readonly steps: StepLedger;
  /** Runs `work` in a transaction that holds the job's row and proves epoch and status. @throws conflict `job.lease-lost` */
  fenced<T>(work: (trx: Transaction) => Promise<T>): Promise<T>;
  /** Submits the child once and tells how it is; never waits. */
  child<CP, CR>(request: ChildRequest<CP, CR>): Promise<Child<CR>>;
  /**
   * Asks for the end of a child, and returns at once: park until it has ended. One that has ended, or is past its point
   * of no return, is left as it is.
   */
  cancelChild(childId: string, reason: string): Promise<void>;
  /**
   * Submits a job that goes on by itself after this one has ended: no child, and it holds no context. In one
   * transaction that proves the epoch; asking again makes another one. @returns its id
   */
  leave<LP, LR>(work: { readonly contract: JobContract<string, LP, LR>; readonly payload: LP }): Promise<string>;
  /**
   * Gives the slot back until one of these children ends or the deadline passes; then the processor runs again from
   * its top, in a new epoch, without using an attempt. Always throws; let it pass.
   */
  park(children: readonly string[], deadlineMs: number): Promise<never>;
}

export type Processor<P, R> = (run: JobRun<P>) => Promise<R>;
