import type { Knex } from 'knex';
import { AppError, cancelled, conflict, invalidRequest, precondition } from '../base/errors.ts';
import { isDuplicate } from '../db/errors.ts';
import { inTransaction } from '../db/knex.ts';
import { findActiveJob, findChild, findJob, insertJobs, type JobRecord, type NewJob } from '../db/stores/job-rows.ts';
import type { Child, ChildRequest, IdPrefix, JobContract, Transaction } from './define-job.ts';
import { jobSubmitted } from './events.ts';
import { newJobId } from './job-id.ts';
import { messageOf, type Announced, type Ledger } from './ledger.ts';

export interface Submission<P, R> {
  readonly contract: JobContract<string, P, R>;
  readonly payload: P;
  /** The VM that the job is about. */
  readonly contextId?: string | undefined;
  /** A root job holds its context: no second one starts until it ended. True unless said otherwise. */
  readonly root?: boolean | undefined;
  /** 1 is the most urgent; 100 without it. */
  readonly priority?: number | undefined;
  /** Not before this moment. */
  readonly notBefore?: Date | undefined;
  /** Who asked, for people. */
  readonly owner?: string | undefined;
  readonly requestId?: string | undefined;
  readonly externalJobId?: string | undefined;
  /** Rows of the domain, written in the same transaction, after the job's row. May run again after a deadlock. */
  readonly domainRows?: ((trx: Transaction, jobId: string) => Promise<void>) | undefined;
}

export interface Submitted {
  readonly jobId: string;
}

/** Redis gets this long while a caller waits; then the relay sends the message. */
const RING_WITHIN_MS = 500;
const PRIORITY = 100;
/** Six random digits within one millisecond: a clash is next to impossible, five are a bug. */
const ID_ATTEMPTS = 5;

/**
 * Accepts a job: its row and the rows of the domain in one transaction, then the doorbell, best effort. Once it
 * returns the job reaches a terminal state whatever happens to Redis or to this process (I1).
 *
 * @throws invalid-request `job.payload-invalid`; conflict `context.busy` with the active job in its details;
 *   what `domainRows` throws; upstream `db.*` when the database is away.
 */
export async function submit<P, R>(ledger: Ledger, submission: Submission<P, R>): Promise<Submitted> {
  const row = rowOf(submission);
  const jobId = await insertUnderFreshId(ledger, row, submission);
  jobSubmitted({ jobId, queue: row.queue, parentJobId: null, requestId: row.requestId, contextId: row.contextId });
  if (row.delayMs === 0) await announce(ledger, { ...row, id: jobId, generation: 1 });
  return { jobId };
}

async function insertUnderFreshId<P, R>(
  ledger: Ledger,
  row: Omit<NewJob, 'id'>,
  submission: Submission<P, R>,
): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const id = newJobId(submission.contract.idPrefix);
    try {
      await inTransaction(ledger.db, async (trx) => {
        await insertJobs(trx, [{ ...row, id }]);
        await submission.domainRows?.(trx, id);
      });
      return id;
    } catch (error) {
      if (isDuplicate(error, 'PRIMARY') && attempt < ID_ATTEMPTS) continue;
      if (isActiveContext(error)) throw await contextBusy(ledger.db, row.contextId, error);
      if (!(error instanceof AppError) || error.code !== 'db.commit-unknown') throw error;
      // The id is ours alone: when the row is there, the commit worked, with everything in it.
      if ((await findJob(ledger.db, id)) === undefined) throw error;
      return id;
    }
  }
}

const ACTIVE_CONTEXT_KEY = 'uq_job_tracking_active_context';

/** Another root job holds the VM. */
export const isActiveContext = (error: unknown): boolean => isDuplicate(error, ACTIVE_CONTEXT_KEY);

/** A root job that is accepted together with others. */
export interface Together<P, R> extends Omit<Submission<P, R>, 'notBefore' | 'domainRows'> {
  /** Of newJobIds: ids that are given out in order are sent in order. */
  readonly jobId: string;
}

/** Fresh ids; they sort as they stand. */
export function newJobIds(prefix: IdPrefix, count: number): string[] {
  const now = new Date();
  return Array.from({ length: count }, () => newJobId(prefix, now)).sort();
}

/**
 * Accepts jobs in the caller's transaction, all of them or none; the rows of the domain are the caller's to write.
 * After the commit they are to be logged (`jobSubmitted`) and announced (`announceAll`).
 * @throws as `submit`, but a VM that is busy as the error of the database (isActiveContext)
 */
export async function submitTogether<P, R>(
  trx: Knex.Transaction,
  submissions: readonly Together<P, R>[],
): Promise<Announced[]> {
  const rows = submissions.map(({ jobId, ...submission }) => ({ ...rowOf(submission), id: jobId }));
  await insertJobs(trx, rows);
  return rows.map((row) => ({ ...row, generation: 1 }));
}

/**
 * The child of a running job, submitted once per key. The caller holds the parent's row in `trx`, which proves its
 * epoch and keeps two submissions of one key apart.
 * @returns the child when it was made just now, to be announced after the commit; undefined when it existed
 */
export async function submitChild<P, R>(
  trx: Knex.Transaction,
  parent: JobRecord,
  request: ChildRequest<P, R>,
): Promise<Announced | undefined> {
  if ((await findChild(trx, parent.id, request.key)) !== undefined) return undefined;
  // The cancel has passed over the children already; one more would run on.
  if (parent.cancelRequested && parent.direction === 'forward') {
    throw cancelled('job.cancelled', parent.cancelReason ?? 'cancelled on request');
  }
  const id = newJobId(request.contract.idPrefix);
  const base = rowOf({ contract: request.contract, payload: request.payload, root: false, priority: parent.priority });
  const row = {
    ...base,
    id,
    contextId: parent.contextId,
    parent: { jobId: parent.id, key: request.key, epoch: parent.leaseEpoch },
  };
  await insertJobs(trx, [row]);
  await request.domainRows?.(trx, id);
  jobSubmitted({ jobId: id, queue: base.queue, parentJobId: parent.id });
  return { ...base, id, generation: 1 };
}

/** A job that `job` leaves behind, about the same VM. The caller holds the row of `job` in `trx`. To be announced. */
export async function submitLeft<P, R>(
  trx: Knex.Transaction,
  job: JobRecord,
  work: Pick<Submission<P, R>, 'contract' | 'payload'>,
): Promise<Announced> {
  const id = newJobId(work.contract.idPrefix);
  const base = rowOf({ ...work, contextId: job.contextId ?? undefined, root: false, priority: job.priority });
  await insertJobs(trx, [{ ...base, id }]);
  jobSubmitted({ jobId: id, queue: base.queue, parentJobId: null });
  return { ...base, id, generation: 1 };
}

/** How the child is, with its result or its error rebuilt from the row. */
export function childOf<P, R>(contract: JobContract<string, P, R>, row: JobRecord): Child<R> {
  const child = { jobId: row.id, status: row.status, ageMs: row.ageMs };
  if (row.status === 'completed') {
    return { ...child, result: contract.result.parse(JSON.parse(row.resultJson ?? 'null')) };
  }
  if (row.status !== 'failed' && row.status !== 'cancelled') return child;
  const make = row.status === 'cancelled' ? cancelled : precondition;
  const error = make(row.errorCode ?? 'internal', row.errorMessage ?? 'the job failed', {
    hint: row.errorHint ?? undefined,
    details: { jobId: row.id },
  });
  return { ...child, error };
}

/** Tells Redis about a row that was queued just now. Whatever goes wrong, the relay does it later. */
export async function announce(ledger: Ledger, job: Announced): Promise<void> {
  await announceAll(ledger, [job]);
}

/** The same for many: one call per queue. */
export async function announceAll(ledger: Ledger, jobs: readonly Announced[]): Promise<void> {
  try {
    const messages = jobs.map((job) => messageOf(ledger.catalogue, job));
    await ledger.doorbell.ring(messages, RING_WITHIN_MS);
    for (const job of jobs) ledger.marks.add(job);
  } catch {
    // Accepted is accepted: the row is the job.
    ledger.wakeRelay();
  }
}

function rowOf<P, R>(submission: Submission<P, R>): Omit<NewJob, 'id'> {
  const { contract } = submission;
  const payload = contract.payload.safeParse(submission.payload);
  if (!payload.success) {
    throw invalidRequest('job.payload-invalid', `payload of ${contract.name} is not valid`, {
      details: { issues: payload.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) },
    });
  }
  return {
    queue: contract.queue,
    operation: contract.name,
    jobType: contract.jobType,
    jobCategory: contract.jobCategory,
    payloadJson: JSON.stringify(payload.data),
    priority: submission.priority ?? PRIORITY,
    maxAttempts: contract.maxAttempts,
    contextId: submission.contextId ?? null,
    holdsContext: submission.root !== false && submission.contextId !== undefined,
    parent: null,
    delayMs: Math.max(0, (submission.notBefore?.getTime() ?? 0) - Date.now()),
    owner: submission.owner ?? null,
    requestId: submission.requestId ?? null,
    externalJobId: submission.externalJobId ?? null,
  };
}

/** @param cause what the database said when the job could not be inserted */
export async function contextBusy(db: Knex, contextId: string | null, cause: unknown): Promise<AppError> {
  const active = contextId === null ? undefined : await findActiveJob(db, contextId);
  return contextHeld({ contextId, activeJobId: active?.id ?? null }, cause);
}

/** @returns conflict `context.busy` */
export function contextHeld(
  by: { readonly contextId: string | null; readonly activeJobId: string | null },
  cause?: unknown,
): AppError {
  const which = by.activeJobId === null ? 'another job' : `job ${by.activeJobId}`;
  return conflict('context.busy', `${which} is active for this VM`, {
    hint: 'wait for it to end, or cancel it',
    details: { ...by },
    cause,
  });
}
