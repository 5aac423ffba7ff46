import type { Knex } from 'knex';
import { conflict, type AppError } from '../base/errors.ts';
import { HOUR } from '../base/units.ts';
import { parkJob } from '../db/stores/job-park.ts';
import { openChildren, type JobRecord } from '../db/stores/job-rows.ts';
import { closeJob, requeueJob, retryJob, turnBackJob, undoableSteps, wakeParent } from '../db/stores/job-settle.ts';
import type { Catalogue } from './catalogue.ts';
import type { Settled } from './define-job.ts';
import type { Decision, Standing } from './outcome.ts';

/**
 * Ends a job in the caller's transaction: its row, the rows of the domain, and its parent, which runs again if it
 * waits. Order of locks: the child, rows of the domain, the parent. The caller holds the job's row.
 */
export async function endJob(
  trx: Knex.Transaction,
  ending: { readonly catalogue: Catalogue; readonly job: JobRecord; readonly outcome: Settled<unknown> },
): Promise<void> {
  const { catalogue, job, outcome } = ending;
  const entry = catalogue.get(job.operation);
  // Its rows of the domain are known to another version only, except where nobody has claimed it for a day.
  if (entry === undefined && !(outcome.status === 'failed' && outcome.error.code === 'job.unreadable')) {
    throw conflict('job.unknown-kind', `this version knows no job ${job.operation}`, {
      hint: 'use the version that accepted the job',
      details: { jobId: job.id },
    });
  }
  const isNew = await closeJob(
    trx,
    job.id,
    outcome.status === 'completed'
      ? { status: 'completed', resultJson: entry?.encodeResult(outcome.result) ?? 'null' }
      : { status: outcome.status, ...textOf(outcome.error) },
  );
  if (!isNew) return;
  await entry?.settled(trx, job.id, outcome);
  if (job.parentJobId !== null) await wakeParent(trx, job.parentJobId);
}

/** Where the job stands, for the outcome table. The caller holds its row. */
export async function standingOf(trx: Knex.Transaction, job: JobRecord): Promise<Standing> {
  return {
    attempt: job.attempt,
    maxAttempts: job.maxAttempts,
    direction: job.direction,
    committed: job.committed,
    undoable: await undoableSteps(trx, job.id),
    runningMs: job.runningMs,
  };
}

/** A child ends by itself, its attempts see to that; this only bounds how long a lost wake-up could last. */
export const CHILDREN_WITHIN_MS = 1 * HOUR;

/**
 * A job neither ends nor turns back while a child of it runs: the child would act beside the undo, or beside the next
 * job of the same VM. It waits, runs again when a child ended, and comes to the same decision, because a failed child
 * stays failed and a cancel stays asked for. The caller holds the job's row.
 * @returns whether it waits
 */
export async function waitsForChildren(trx: Knex.Transaction, job: JobRecord, decision: Decision): Promise<boolean> {
  if (decision.kind !== 'fail' && decision.kind !== 'cancel' && decision.kind !== 'turn-back') return false;
  const children = (await openChildren(trx, job.id)).map((child) => child.id);
  if (children.length === 0) return false;
  await parkJob(trx, job.id, { children, deadlineMs: CHILDREN_WITHIN_MS, evenIfCancelled: true });
  return true;
}

/** Writes what was decided about a failure. The caller holds the job's row. */
export async function applyDecision(
  trx: Knex.Transaction,
  failure: {
    readonly catalogue: Catalogue;
    readonly job: JobRecord;
    readonly error: AppError;
    readonly decision: Decision;
  },
): Promise<void> {
  const { catalogue, job, error, decision } = failure;
  const text = `${error.code}: ${error.message}`;
  switch (decision.kind) {
    case 'nothing':
      return;
    case 'fail':
      return endJob(trx, { catalogue, job, outcome: { status: 'failed', error: decision.error } });
    case 'cancel':
      return endJob(trx, { catalogue, job, outcome: { status: 'cancelled', error: decision.error } });
    case 'requeue':
      return requeueJob(trx, job.id, decision.free);
    case 'retry':
      return retryJob(trx, job.id, { delayMs: decision.delayMs, free: decision.free, error: text, hint: error.hint });
    case 'turn-back':
      return turnBackJob(trx, job.id, text);
  }
}

function textOf(error: AppError): { code: string; message: string; hint: string | null } {
  return { code: error.code, message: error.message, hint: error.hint ?? null };
}
