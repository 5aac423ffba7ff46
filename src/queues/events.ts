import type { AppError } from '../base/errors.ts';
import { queueLog, RECORDED, type Logger } from '../base/logger.ts';

/**
 * One function per event in the life of a job: its line in the log of this process, after the transaction that made it
 * true. The stores write the same into log_events inside of that transaction. None of these throws.
 */

export type Repair =
  | 'lease-expired'
  | 'attempts-exhausted'
  | 'wait-overdue'
  | 'message-lost'
  | 'redis-emptied'
  | 'leftover-removed'
  | 'cancel-carried-out';

/** These change the row of a job, which says so in log_events. */
const RECORDED_REPAIRS: ReadonlySet<Repair> = new Set(['lease-expired', 'attempts-exhausted', 'cancel-carried-out']);

export function repaired(kind: Repair, count: number, fields: Record<string, unknown> = {}): void {
  if (count === 0) return;
  const recorded = RECORDED_REPAIRS.has(kind) ? RECORDED : {};
  queueLog.warn({ repair: kind, count, ...fields, ...recorded }, 'ledger repaired');
}

export function jobSubmitted(job: {
  readonly jobId: string;
  readonly queue: string;
  readonly parentJobId: string | null;
  readonly requestId?: string | null;
  readonly contextId?: string | null;
}): void {
  queueLog.info({ ...job, ...RECORDED }, 'job submitted');
}

export function jobClaimed(log: Logger): void {
  log.info(RECORDED, 'job claimed');
}

export function jobCompleted(log: Logger): void {
  log.info(RECORDED, 'job completed');
}

export function jobFailed(log: Logger, error: AppError): void {
  const { code, message: reason, hint, cause: err } = error;
  log.error({ code, reason, hint, err, ...RECORDED }, 'job failed');
}

export function jobCancelled(log: Logger, reason: string): void {
  log.info({ reason, ...RECORDED }, 'job cancelled');
}

export function jobRetries(log: Logger, error: AppError, delayMs: number): void {
  const { code, message: reason, hint, cause: err } = error;
  log.warn({ code, reason, hint, delayMs, err, ...RECORDED }, 'job waits for another attempt');
}

export function jobTurnedBack(log: Logger, error: AppError): void {
  log.warn({ code: error.code, reason: error.message, ...RECORDED }, 'job turns back');
}

export function jobReturned(log: Logger, why: string): void {
  log.info({ why, ...RECORDED }, 'job went back to its queue');
}

export function jobParked(log: Logger, isWaiting: boolean): void {
  log.info({ isWaiting, ...RECORDED }, 'job parked');
}

export function leaseWasLost(log: Logger): void {
  log.error('lease lost, effects stop here');
}
