import type { AppError } from '../base/errors.ts';
import type { JobContract, JobRun, Processor, Settled, Transaction, WaitingChild } from './define-job.ts';
import { attachVolume } from './jobs/attach-volume.ts';
import { commitFailover } from './jobs/commit-failover.ts';
import { deleteContext } from './jobs/delete-context.ts';
import { deleteJob } from './jobs/delete-job.ts';
import { endSourceSession } from './jobs/end-source-session.ts';
import { failover } from './jobs/failover.ts';
import { reconcileVolumesJob } from './jobs/reconcile-volumes.ts';
import { replicate, syncCbt } from './jobs/replicate.ts';
import { rollback } from './jobs/rollback.ts';
import { sweepSnapshots } from './jobs/sweep-snapshots.ts';

/**
 * Every job of this version, and the two ways to hold contracts of different payloads in one list without losing
 * their types: an entry decodes by its own schemas, a binding adds the processor. Adding a job: docs/adding-a-job.md.
 */
export const contracts = {
  replicate,
  'sync-cbt': syncCbt,
  'attach-volume': attachVolume,
  failover,
  'commit-failover': commitFailover,
  rollback,
  'delete-job': deleteJob,
  'delete-context': deleteContext,
  'end-source-session': endSourceSession,
  'sweep-snapshots': sweepSnapshots,
  'reconcile-volumes': reconcileVolumesJob,
} as const;

export type JobName = keyof typeof contracts;
export type PayloadOf<N extends JobName> =
  (typeof contracts)[N] extends JobContract<string, infer P, infer _R> ? P : never;
export type ResultOf<N extends JobName> =
  (typeof contracts)[N] extends JobContract<string, infer _P, infer R> ? R : never;

/** The work of every job of the catalogue; processors/index.ts joins it, and the compiler names what is missing. */
export type Processors = { readonly [N in JobName]: Processor<PayloadOf<N>, ResultOf<N>> };

/** A contract whose payload and result are unknown outside. */
export interface CatalogueEntry {
  readonly name: string;
  readonly contract: Omit<JobContract, 'payload' | 'result' | 'title' | 'rows'>;
  /** Whether this version can read the payload. */
  accepts(payload: unknown): boolean;
  /** One line for people; the name when the payload cannot be read. */
  title(payload: unknown): string;
  /** JSON of the result. @throws ZodError when the processor returned something else. */
  encodeResult(result: unknown): string;
  begun(trx: Transaction, jobId: string): Promise<void>;
  waits(trx: Transaction, jobId: string, error: AppError): Promise<void>;
  childWaits(trx: Transaction, jobId: string, child: WaitingChild): Promise<void>;
  settled(trx: Transaction, jobId: string, outcome: Settled<unknown>): Promise<void>;
}

export type Catalogue = ReadonlyMap<string, CatalogueEntry>;

export function entryOf<N extends string, P, R>(contract: JobContract<N, P, R>): CatalogueEntry {
  return {
    name: contract.name,
    contract,
    accepts: (payload) => contract.payload.safeParse(payload).success,
    title: (payload) => {
      const parsed = contract.payload.safeParse(payload);
      return parsed.success ? contract.title(parsed.data) : contract.name;
    },
    encodeResult: (result) => JSON.stringify(contract.result.parse(result) ?? null),
    begun: async (trx, jobId) => contract.rows?.begun?.(trx, jobId),
    waits: async (trx, jobId, error) => contract.rows?.waits?.(trx, jobId, error),
    childWaits: async (trx, jobId, child) => contract.rows?.childWaits?.(trx, jobId, child),
    settled: async (trx, jobId, outcome) => {
      const typed: Settled<R> =
        outcome.status === 'completed'
          ? { status: 'completed', result: contract.result.parse(outcome.result) }
          : outcome;
      await contract.rows?.settled?.(trx, jobId, typed);
    },
  };
}

export function catalogueOf(...entries: readonly CatalogueEntry[]): Catalogue {
  return new Map(entries.map((entry) => [entry.name, entry]));
}

/** The jobs of production. Tests bring catalogues of their own. */
export const catalogue: Catalogue = catalogueOf(
  entryOf(contracts.replicate),
  entryOf(contracts['sync-cbt']),
  entryOf(contracts['attach-volume']),
  entryOf(contracts.failover),
  entryOf(contracts['commit-failover']),
  entryOf(contracts.rollback),
  entryOf(contracts['delete-job']),
  entryOf(contracts['delete-context']),
  entryOf(contracts['end-source-session']),
  entryOf(contracts['sweep-snapshots']),
  entryOf(contracts['reconcile-volumes']),
);

/** A job that another process has to do, though this one serves its queue. */
export interface Elsewhere {
  /** Who it waits for; busy. */
  readonly error: AppError;
  /** That process has not been heard of for a while: people are told. */
  readonly isAway: boolean;
}

/** A contract and its work. */
export interface BoundJob {
  readonly entry: CatalogueEntry;
  /** Asked before a claim; absent: every process of the queue may do it. */
  elsewhere?(payload: unknown): Promise<Elsewhere | undefined>;
  /** Decodes the payload, makes the run from it and does the work. */
  start(payload: unknown, run: <P>(payload: P) => JobRun<P>): Promise<unknown>;
}

/** @param elsewhere says of a payload whether another process has to do it */
export function bindJob<N extends string, P, R>(
  contract: JobContract<N, P, R>,
  processor: Processor<P, R>,
  elsewhere?: (payload: P) => Promise<Elsewhere | undefined>,
): BoundJob {
  return {
    entry: entryOf(contract),
    ...(elsewhere && { elsewhere: async (payload: unknown) => elsewhere(contract.payload.parse(payload)) }),
    start: async (payload, run) => processor(run(contract.payload.parse(payload))),
  };
}

/** Binds the processors that this process brings; a process that serves one queue brings one. */
export function bindJobs(processors: Partial<Processors>): BoundJob[] {
  const bound: BoundJob[] = [];
  if (processors.replicate) bound.push(bindJob(contracts.replicate, processors.replicate));
  if (processors['sync-cbt']) bound.push(bindJob(contracts['sync-cbt'], processors['sync-cbt']));
  if (processors['attach-volume']) bound.push(bindJob(contracts['attach-volume'], processors['attach-volume']));
  if (processors.failover) bound.push(bindJob(contracts.failover, processors.failover));
  if (processors['commit-failover']) {
    bound.push(bindJob(contracts['commit-failover'], processors['commit-failover']));
  }
  if (processors.rollback) bound.push(bindJob(contracts.rollback, processors.rollback));
  if (processors['delete-job']) bound.push(bindJob(contracts['delete-job'], processors['delete-job']));
  if (processors['delete-context']) bound.push(bindJob(contracts['delete-context'], processors['delete-context']));
  if (processors['end-source-session']) {
    bound.push(bindJob(contracts['end-source-session'], processors['end-source-session']));
  }
  if (processors['sweep-snapshots']) bound.push(bindJob(contracts['sweep-snapshots'], processors['sweep-snapshots']));
  if (processors['reconcile-volumes']) {
    bound.push(bindJob(contracts['reconcile-volumes'], processors['reconcile-volumes']));
  }
  return bound;
}
