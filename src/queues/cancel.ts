import type { Knex } from 'knex';
import { conflict, notFound } from '../base/errors.ts';
import { inTransaction } from '../db/knex.ts';
import { requestCancel } from '../db/stores/job-cancel.ts';
import { isExpired } from '../db/stores/job-repair.ts';
import { lockJob, openChildren, type JobRecord } from '../db/stores/job-rows.ts';
import { requeueJob } from '../db/stores/job-settle.ts';
import type { Catalogue } from './catalogue.ts';
import type { Transaction } from './define-job.ts';
import { cancelRequested } from './control.ts';
import { jobCancelled } from './events.ts';
import { queueLog } from '../base/logger.ts';
import type { Ledger } from './ledger.ts';
import { endJob } from './settle.ts';

export interface CancelRequest {
  readonly reason: string;
  /** Who asked, for people. */
  readonly by?: string | undefined;
  /** Rows that tell of the request, written in the transaction that notes it. May run again after a lost commit. */
  readonly noted?: ((trx: Transaction) => Promise<void>) | undefined;
}

/** What somebody who came too late does next, by how the job ended. */
const TOO_LATE: Readonly<Record<string, string>> = {
  completed: 'there is nothing to stop: its result stands',
  failed: 'there is nothing to stop: its error says what to do, then submit it again',
  cancelled: 'it was cancelled before: nothing is left to do',
};

/** Width of job_tracking.cancel_reason. */
const REASON_CHARACTERS_MAX = 255;

/**
 * Asks for the end of a job and of its children. A job that never ran ends at once, and so does one that no worker
 * holds when its contract allows that; a running one hears of it within the poll interval, undoes what it did and ends
 * as cancelled. Asking again, or while it turns back, changes nothing.
 *
 * @throws not-found `job.not-found`; conflict `job.terminal` when it has ended, `job.committed` when its point of no
 *   return is behind it.
 */
export async function cancel(ledger: Ledger, jobId: string, request: CancelRequest): Promise<void> {
  const text = request.by === undefined ? request.reason : `${request.reason} (by ${request.by})`;
  const reason = text.slice(0, REASON_CHARACTERS_MAX);
  const notes: Notes = { jobId, reason, runs: 0 };
  const ended = await inTransaction(
    ledger.db,
    async (trx) => {
      await note(trx, notes);
      // Without children to be told first, a job that no worker needs to see ends in the same breath.
      const isAlone = (await openChildren(trx, jobId)).length === 0;
      const job = isAlone ? await endOrWake(trx, ledger, jobId) : undefined;
      await request.noted?.(trx);
      return job;
    },
    { idempotent: true },
  );
  if (ended !== undefined) unheldEnded(ended);
  await carryOutCancel(ledger, jobId);
}

interface Notes {
  readonly jobId: string;
  readonly reason: string;
  /** Of the transaction; a second one follows when nobody knows whether the first was stored. */
  runs: number;
}

async function note(trx: Knex.Transaction, notes: Notes): Promise<void> {
  const { jobId, reason } = notes;
  notes.runs += 1;
  const job = await lockJob(trx, jobId);
  if (job === undefined) {
    throw notFound('job.not-found', `there is no job ${jobId}`, { hint: 'GET /api/v1/jobs lists the jobs' });
  }
  // The first run was stored after all.
  if (notes.runs > 1 && job.status === 'cancelled') return;
  if (job.dispatchState === 'closed') {
    throw conflict('job.terminal', `job ${jobId} has ended already (${job.status})`, {
      hint: TOO_LATE[job.status],
      details: { jobId, status: job.status },
    });
  }
  if (job.committed) {
    throw conflict('job.committed', `job ${jobId} is past its point of no return`, {
      hint: 'wait for its end; what it has done stays, and can be undone only by another job',
      details: { jobId },
    });
  }
  await requestCancel(trx, jobId, reason);
}

/**
 * What a noted request means now. Children first and each in a transaction of its own, because a child that ends locks
 * its parent after itself; may be repeated, and is repeated by the reconciler when a process died half way.
 */
export async function carryOutCancel(ledger: Ledger, jobId: string): Promise<void> {
  for (const child of await openChildren(ledger.db, jobId)) {
    await noteOnChild(ledger, child.id, jobId);
    await carryOutCancel(ledger, child.id);
  }
  const ended = await inTransaction(ledger.db, (trx) => endOrWake(trx, ledger, jobId), { idempotent: true });
  if (ended !== undefined) unheldEnded(ended);
  ledger.wakeRelay();
}

async function noteOnChild(ledger: Ledger, childId: string, parentId: string): Promise<void> {
  await inTransaction(
    ledger.db,
    async (trx) => {
      const child = await lockJob(trx, childId);
      if (child === undefined || child.dispatchState === 'closed' || child.committed) return;
      await requestCancel(trx, childId, `its parent ${parentId} was cancelled`);
    },
    { idempotent: true },
  );
}

/** @returns the job when it ended here: no worker needed to see it */
async function endOrWake(trx: Knex.Transaction, ledger: Ledger, jobId: string): Promise<JobRecord | undefined> {
  const job = await lockJob(trx, jobId);
  // On its way back it has been heard.
  if (job === undefined || job.dispatchState === 'closed' || job.direction === 'undo') return undefined;
  if (await endUnheld(trx, ledger.catalogue, job)) return job;
  if (job.cancelRequested && (await mustBeWoken(trx, job))) await requeueJob(trx, job.id, false);
  return undefined;
}

/**
 * Ends a cancelled job that no worker needs to see: it never ran, or nobody holds it and its contract says that the
 * next job mends what it began. In a worker's hands the poll of that worker hears of the request. The caller holds the
 * job's row, and tells the log when this is stored: `unheldEnded`. @returns whether it ended
 */
export async function endUnheld(trx: Knex.Transaction, catalogue: Catalogue, job: JobRecord): Promise<boolean> {
  if (!job.cancelRequested) return false;
  const isHeld = job.dispatchState === 'claimed' && !(await isExpired(trx, job));
  const mended = catalogue.get(job.operation)?.contract.cancelsUnheld === true && job.direction === 'forward';
  if (isHeld || !(job.leaseEpoch === 0 || mended)) return false;
  const outcome = { status: 'cancelled', error: cancelRequested(job.cancelReason) } as const;
  await endJob(trx, { catalogue, job, outcome });
  return true;
}

export function unheldEnded(job: JobRecord): void {
  jobCancelled(queueLog.child({ jobId: job.id, contextId: job.contextId }), job.cancelReason ?? '');
}

/**
 * A job that ran may have effects: a worker must undo them. While children of it still run it keeps waiting, so that
 * nothing is undone under their feet; their end wakes it.
 */
async function mustBeWoken(trx: Knex.Transaction, job: JobRecord): Promise<boolean> {
  if (job.dispatchState === 'retry_wait') return true;
  return job.dispatchState === 'waiting' && (await openChildren(trx, job.id)).length === 0;
}
