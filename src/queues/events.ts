import type { AppError } from '../base/errors.ts';
import { queueLog, type Logger } from '../base/logger.ts';

/** One function per event in the life of a job: its line in the log, and its count. None of them throws. */

export type Repair =
  | 'lease-expired'
  | 'attempts-exhausted'
  | 'wait-overdue'
  | 'message-lost'
  | 'redis-emptied'
  | 'leftover-removed'
  | 'cancel-carried-out';

const repairs = new Map<Repair, number>();

/** Repairs of this process since its start, by kind; steady growth without faults is a bug. */
export function repairCounts(): ReadonlyMap<Repair, number> {
  return repairs;
}

export function repaired(kind: Repair, count: number, fields: Record<string, unknown> = {}): void {
  if (count === 0) return;
  repairs.set(kind, (repairs.get(kind) ?? 0) + count);
  queueLog.warn({ repair: kind, count, ...fields }, 'ledger repaired');
}

export function jobSubmitted(job: { jobId: string; queue: string; parentJobId: string | null }): void {
  queueLog.info(job, 'job submitted');
}

export function jobClaimed(log: Logger): void {
  log.info('job claimed');
}

export function jobCompleted(log: Logger): void {
  log.info('job completed');
}

export function jobFailed(log: Logger, error: AppError): void {
  log.error({ code: error.code, reason: error.message, hint: error.hint, err: error.cause }, 'job failed');
}

export function jobCancelled(log: Logger, reason: string): void {
  log.info({ reason }, 'job cancelled');
}

export function jobRetries(log: Logger, error: AppError, delayMs: number): void {
  log.warn({ code: error.code, reason: error.message, delayMs, err: error.cause }, 'job waits for another attempt');
}

export function jobTurnedBack(log: Logger, error: AppError): void {
  log.warn({ code: error.code, reason: error.message }, 'job turns back');
}

export function jobReturned(log: Logger, why: string): void {
  log.info({ why }, 'job went back to its queue');
}

export function jobParked(log: Logger, isWaiting: boolean): void {
  log.info({ isWaiting }, 'job parked');
}

export function leaseWasLost(log: Logger): void {
  log.error('lease lost, effects stop here');
}
