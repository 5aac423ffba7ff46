import { AppError, cancelled, conflict, upstream } from '../base/errors.ts';

/** The errors that end a claim without being a failure of the job. Their codes are known to workflow/run.ts. */

/** Another worker may own the job: stop every effect, write nothing. */
export const leaseLost = (jobId: string): AppError =>
  conflict('job.lease-lost', `this worker does not hold job ${jobId} any more`, { details: { jobId } });

/** This process ends; the job goes back to its queue. */
export const shutdown = (): AppError => upstream('job.shutdown', 'the worker is shutting down');

/** The job gave its slot back and runs again when a child ends. */
export const parked = (jobId: string): AppError =>
  new AppError('busy', ['job.parked', `job ${jobId} waits for its children`], { details: { jobId } });

export const cancelRequested = (reason: string | null): AppError =>
  cancelled('job.cancelled', reason ?? 'cancelled on request');
