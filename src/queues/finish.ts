import { sleep } from '../base/clock.ts';
import { AppError, describeError, toAppError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { inTransaction } from '../db/knex.ts';
import { flushLogLines } from '../db/log-sink.ts';
import { lockHeld } from '../db/stores/job-lease.ts';
import type { JobRecord } from '../db/stores/job-rows.ts';
import { reasonOf } from '../workflow/run.ts';
import type { BoundJob } from './catalogue.ts';
import type { Settled, Transaction } from './define-job.ts';
import { jobCancelled, jobCompleted, jobFailed, jobParked, jobRetries, jobReturned, jobTurnedBack } from './events.ts';
import { Claim } from './job-run.ts';
import type { Lease } from './lease.ts';
import type { Ledger } from './ledger.ts';
import { decide, type Decision } from './outcome.ts';
import { applyDecision, endJob, standingOf, undoInHand, waitsForChildren } from './settle.ts';

/** What the attempt said comes before its end; a slow database does not hold the end up for it. */
const LINES_WITHIN_MS = 500;

export interface Held {
  readonly bound: BoundJob;
  readonly lease: Lease;
  readonly claim: Claim;
}

/**
 * Runs the processor and writes what came of it; runs it again for the way back when the job turns back in our hands.
 * @returns what to say on the board; throws the failure of the attempt, which is written by then
 */
export async function finishJob(ledger: Ledger, held: Held): Promise<string> {
  // Ends: turning back happens once, and every further round spends an attempt of the undo.
  for (let hand = held; ;) {
    const next = await runAndSettle(ledger, hand);
    if (typeof next === 'string') return next;
    hand = next;
  }
}

/** @returns what to say on the board, or the claim as it goes on: to undo */
async function runAndSettle(ledger: Ledger, held: Held): Promise<string | Held> {
  const ended = await runProcessor(held);
  await flushLogLines(LINES_WITHIN_MS);
  held.lease.isEnding = true;
  if (held.claim.isParked) return 'parked: it runs again when a child ends';
  if (!('error' in ended)) return complete(ledger, held, ended.result);
  return settleFailure(ledger, held, ended.error);
}

type Ended = { readonly result: unknown } | { readonly error: AppError };

async function runProcessor({ bound, lease, claim }: Held): Promise<Ended> {
  const isCancelledUnrun = lease.signal.aborted && claim.job.leaseEpoch === 1;
  if (isCancelledUnrun) return { error: toAppError(lease.signal.reason) };
  const watch = watchStop(lease, bound.entry.contract.stopsWithinMs);
  try {
    const result = await bound.start(JSON.parse(claim.job.payloadJson), (payload) => claim.run(payload));
    // A result that breaks the contract is found here, where the attempt can still fail.
    bound.entry.encodeResult(result);
    return { result };
  } catch (thrown) {
    return { error: reasonOf(lease.signal, thrown) };
  } finally {
    watch();
  }
}

/** Says when a processor does not stop as fast as its contract promises: its slot and its effects hang on it. */
function watchStop(lease: Lease, stopsWithinMs: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    timer = setTimeout(() => lease.log.error({ stopsWithinMs }, 'processor does not stop in time'), stopsWithinMs);
    timer.unref();
  };
  if (lease.signal.aborted) onAbort();
  else lease.signal.addEventListener('abort', onAbort, { once: true });
  return () => {
    clearTimeout(timer);
    lease.signal.removeEventListener('abort', onAbort);
  };
}

async function complete(ledger: Ledger, held: Held, result: unknown): Promise<string | Held> {
  const outcome: Settled<unknown> = { status: 'completed', result };
  let isWritten: boolean | undefined;
  try {
    isWritten = await writeHeld(ledger, held.lease, async (trx, job) => {
      await endJob(trx, { catalogue: ledger.catalogue, job, outcome });
      return true;
    });
  } catch (error) {
    if (isDatabaseAway(error)) throw error;
    // The rows of the domain refuse this end: the attempt failed, and the job must still reach some end.
    return settleFailure(ledger, held, toAppError(error));
  }
  if (isWritten !== true) return 'nothing written: the lease was lost';
  jobCompleted(outcomeLog(held));
  return 'completed';
}

async function settleFailure(ledger: Ledger, held: Held, error: AppError): Promise<string | Held> {
  if (error.code === 'job.lease-lost') return 'nothing written: the lease was lost';
  const { lease } = held;
  let hasTurned = false;
  const settled = await writeHeld(ledger, lease, async (trx, job): Promise<Decision | JobRecord | 'waits'> => {
    // The answer to an earlier try was lost. The error is that of the way forward, and says nothing about the undo.
    if (hasTurned && job.direction === 'undo') return job;
    const standing = await standingOf(trx, job);
    const decided = decide(standing, error, { ...ledger.timing, random: Math.random() });
    if (await waitsForChildren(trx, job, decided)) return 'waits';
    const turned = lease.mayTurnBack ? await undoInHand(trx, job, decided) : undefined;
    if (turned !== undefined) {
      hasTurned = true;
      return turned;
    }
    await applyDecision(trx, { catalogue: ledger.catalogue, job, error, decision: decided });
    return decided;
  });
  if (settled === undefined) return 'nothing written: the lease was lost';
  if (settled === 'waits') {
    jobParked(lease.log, true);
    return `waits for its children before it ends: ${error.code}`;
  }
  if ('kind' in settled) return report(outcomeLog(held), error, settled);
  jobTurnedBack(lease.log, error);
  lease.turnBack();
  return { ...held, claim: new Claim(ledger, lease, settled) };
}

/** The outcome of a claim says in which step it came about. */
function outcomeLog({ lease, claim }: Held): Logger {
  return claim.step === undefined ? lease.log : lease.log.child({ step: claim.step });
}

/** Log and board. A failed attempt shows red on the board, also when another one follows; what was asked for does not. */
function report(log: Logger, error: AppError, decision: Decision): string {
  switch (decision.kind) {
    case 'fail':
      jobFailed(log, decision.error);
      throw forBoard(decision.error);
    case 'retry':
      jobRetries(log, error, decision.delayMs);
      throw forBoard(error);
    case 'turn-back':
      jobTurnedBack(log, error);
      if (error.kind === 'cancelled') return 'cancelled: what it did is undone in another run';
      throw forBoard(error);
    case 'cancel':
      jobCancelled(log, error.message);
      return 'cancelled';
    case 'requeue':
      jobReturned(log, error.code);
      return `back to the queue: ${error.code}`;
    case 'nothing':
      return 'nothing written';
  }
}

/** BullMQ keeps message and stack in Redis; a cause may hold more than belongs there. */
function forBoard(error: AppError): Error {
  return new Error(describeError(error));
}

/**
 * Writes the outcome under the epoch. The database may be away: tried for as long as the lease may be alive, because
 * hours of work may hang on this one write.
 * @returns undefined when the job is not ours any more
 */
async function writeHeld<T>(
  ledger: Ledger,
  lease: Lease,
  write: (trx: Transaction, job: JobRecord) => Promise<T>,
): Promise<T | undefined> {
  for (;;) {
    try {
      return await inTransaction(ledger.db, async (trx) => {
        const job = await lockHeld(trx, lease);
        return job === undefined ? undefined : write(trx, job);
      });
    } catch (error) {
      if (lease.isExpired() || !isDatabaseAway(error)) throw error;
      await sleep(100 + Math.random() * 200);
    }
  }
}

/** The same statement may work in a moment. */
export function isDatabaseAway(thrown: unknown): boolean {
  return thrown instanceof AppError && thrown.kind === 'upstream' && thrown.code.startsWith('db.');
}
