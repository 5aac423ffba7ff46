import type { Knex } from 'knex';
import { conflict, type AppError } from '../base/errors.ts';
import { HOUR } from '../base/units.ts';
import { spendAttempt } from '../db/stores/job-claim.ts';
import { parkJob } from '../db/stores/job-park.ts';
import { lockJob, openChildren, type JobRecord } from '../db/stores/job-rows.ts';
import {
  closeJob,
  requeueJob,
  retryJob,
  textOf,
  turnBackInHand,
  turnBackJob,
  undoableSteps,
  wakeParent,
  type ErrorText,
} from '../db/stores/job-settle.ts';
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
      : { status: outcome.status, ...endingText(job, outcome.error) },
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

/**
 * The way back begins in the claim that found out, so that it needs no queue: Redis may be away, and the context stays
 * busy until all is undone. Stored before anything is undone; a worker that dies from here leaves a job that is claimed
 * again and undoes. Attempts count as if it had been queued. The caller holds the job's row.
 * @returns the job as it goes on, or undefined when the decision is another one
 */
export async function undoInHand(
  trx: Knex.Transaction,
  job: JobRecord,
  decision: Decision,
): Promise<JobRecord | undefined> {
  // A cancel that arrived in the moment of turning back has stopped the undo as well: it goes on in another run.
  const goesOn = decision.kind === 'requeue' && !decision.free && job.direction === 'undo';
  if (decision.kind !== 'turn-back' && !goesOn) return undefined;
  if (decision.kind === 'turn-back') await turnBackInHand(trx, job.id, textOf(decision.error));
  else await spendAttempt(trx, job.id);
  return lockJob(trx, job.id);
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
      await retryJob(trx, job.id, { delayMs: decision.delayMs, free: decision.free, error: textOf(error) });
      return showWait(trx, failure);
    case 'turn-back':
      return turnBackJob(trx, job.id, textOf(error));
  }
}

/** Why the job waits, in its own rows of the domain and in those of the parent that waits for it. */
export async function showWait(
  trx: Knex.Transaction,
  { catalogue, job, error }: { readonly catalogue: Catalogue; readonly job: JobRecord; readonly error: AppError },
): Promise<void> {
  const entry = catalogue.get(job.operation);
  await entry?.waits(trx, job.id, error);
  if (job.parentJobId === null) return;
  const parent = await lockJob(trx, job.parentJobId);
  if (parent === undefined || parent.dispatchState === 'closed') return;
  const title = entry?.title(JSON.parse(job.payloadJson)) ?? job.operation;
  await catalogue.get(parent.operation)?.childWaits(trx, parent.id, { title, error });
}

/** A job that turned back ends with an error rebuilt from its row, where the hint was stored beside it. */
function endingText(job: JobRecord, error: AppError): ErrorText {
  const text = textOf(error);
  return text.hint === null && job.errorCode === text.code ? { ...text, hint: job.errorHint } : text;
}
