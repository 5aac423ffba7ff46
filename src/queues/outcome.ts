import type { AppError } from '../base/errors.ts';
import { HOUR } from '../base/units.ts';
import { undoIncomplete } from '../workflow/undo.ts';

/** The one table of what an error means for a job: pure, and nowhere else. */

/** Where the job stands when its processor ended, read under the lock of its row. */
export interface Standing {
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly direction: 'forward' | 'undo';
  readonly committed: boolean;
  /** Steps that an undo has to look at. */
  readonly undoable: readonly string[];
  /** Since the first claim. */
  readonly runningMs: number;
}

export type Decision =
  /** Another worker may own the job. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'fail'; readonly error: AppError }
  | { readonly kind: 'cancel'; readonly error: AppError }
  /** Into the queue at once; `free` gives the attempt back. */
  | { readonly kind: 'requeue'; readonly free: boolean }
  | { readonly kind: 'retry'; readonly delayMs: number; readonly free: boolean }
  /** Undo first; the job ends with this error when all is undone. */
  | { readonly kind: 'turn-back'; readonly error: AppError };

export interface Backoff {
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
}

/** An error that nobody foresaw may be a bug that hits every time: a few attempts, then a person looks. */
const INTERNAL_ATTEMPTS_MAX = 3;
/** `later` costs nothing, but not for ever: after this long each one uses an attempt. */
const LATER_FREE_MS = 24 * HOUR;

/** @param random in [0, 1), for the jitter */
export function decide(job: Standing, error: AppError, backoff: Backoff & { readonly random: number }): Decision {
  if (error.code === 'job.lease-lost') return { kind: 'nothing' };
  if (error.code === 'job.shutdown') return { kind: 'requeue', free: true };
  return job.direction === 'undo' ? decideUndo(job, error, backoff) : decideForward(job, error, backoff);
}

function decideForward(job: Standing, error: AppError, backoff: Backoff & { readonly random: number }): Decision {
  const verdict = attemptVerdict(job, error, backoff);
  const isEnd = verdict.kind === 'fail' || verdict.kind === 'cancel';
  return isEnd && !job.committed && job.undoable.length > 0 ? { kind: 'turn-back', error } : verdict;
}

function decideUndo(job: Standing, error: AppError, backoff: Backoff & { readonly random: number }): Decision {
  if (error.code === 'workflow.undo-incomplete') return { kind: 'fail', error };
  // All is undone: the runner threw the reason for turning back, which is final, and the job ends with it.
  if (job.undoable.length === 0) return attemptVerdict(job, error, backoff);
  if (error.kind === 'cancelled') {
    // The request arrived in the moment of turning back: undo in a run that it did not abort.
    return job.attempt < job.maxAttempts
      ? { kind: 'requeue', free: false }
      : { kind: 'fail', error: undoIncomplete(job.undoable, error) };
  }
  const verdict = attemptVerdict(job, error, backoff);
  return verdict.kind === 'fail' ? { kind: 'fail', error: undoIncomplete(job.undoable, error) } : verdict;
}

function attemptVerdict(job: Standing, error: AppError, backoff: Backoff & { readonly random: number }): Decision {
  if (error.kind === 'cancelled') return { kind: 'cancel', error };
  const isUnforeseen = error.kind === 'invariant';
  if (error.retry === 'never' && !isUnforeseen) return { kind: 'fail', error };
  const delayMs = backoffMs(job.attempt, backoff);
  if (error.retry === 'later' && job.runningMs < LATER_FREE_MS) {
    return { kind: 'retry', delayMs: Math.max(backoffMs(1, backoff), error.retryAfterMs), free: true };
  }
  const attempts = isUnforeseen ? Math.min(job.maxAttempts, INTERNAL_ATTEMPTS_MAX) : job.maxAttempts;
  return job.attempt < attempts ? { kind: 'retry', delayMs, free: false } : { kind: 'fail', error };
}

/** first * 2^(attempt-1), at most `retryMaxMs`, then ± 10 %. Attempt 1 is the first. */
export function backoffMs(attempt: number, backoff: Backoff & { readonly random: number }): number {
  const doublings = Math.min(Math.max(0, attempt - 1), 40);
  const capped = Math.min(backoff.retryFirstMs * 2 ** doublings, backoff.retryMaxMs);
  return Math.round(capped * (0.9 + 0.2 * backoff.random));
}
