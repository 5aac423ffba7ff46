import { AppError, toAppError } from '../base/errors.ts';
import type { Processor } from '../queues/define-job.ts';
import type { EndSourceSession, SourceSessionEnded } from '../queues/jobs/end-source-session.ts';
import type { VmaClient } from '../vma/client.ts';

/**
 * Ends the source session of a job that has ended, however long the VMA is away: each attempt asks once and gives its
 * slot back. A session that is gone already, or expired meanwhile, is what was wanted.
 */
export function endSourceSessionProcessor(deps: {
  readonly vma: Pick<VmaClient, 'endSession'>;
}): Processor<EndSourceSession, SourceSessionEnded> {
  return async ({ payload, signal, log }) => {
    const { jobId, epoch, committed } = payload;
    try {
      await deps.vma.endSession(jobId, { epoch, committed }, { signal });
    } catch (thrown) {
      signal.throwIfAborted();
      throw patient(toAppError(thrown));
    }
    log.info({ sessionOf: jobId, committed }, 'source session ended');
    return { ended: true };
  };
}

/** What passes is waited for without using attempts. */
function patient(error: AppError): AppError {
  if (error.retry !== 'backoff') return error;
  const { hint, details } = error;
  return new AppError(error.kind, [error.code, error.message], { hint, details, cause: error, retry: 'later' });
}
