import type { Logger } from '../../base/logger.ts';
import { endSourceSession } from '../../queues/jobs/end-source-session.ts';
import { briefly } from './briefly.ts';
import type { Replication } from './context.ts';

/**
 * Ends this job's source session, or leaves a job behind that does it as soon as the VMA is there again, so that this
 * one can end and its VM is free. By the job's id, because the answer that named the session may be what got lost.
 * A worker that dies in here leaves a second such job: it finds that the session is gone.
 *
 * @returns whether the session has ended already
 */
export async function endSession(
  { run, deps }: Replication,
  of: { readonly committed: boolean; readonly signal: AbortSignal; readonly log: Logger },
): Promise<boolean> {
  const { committed } = of;
  const why = await briefly(of.signal, (signal) =>
    deps.vma.endSession(run.jobId, { epoch: run.epoch, committed }, { signal }),
  );
  if (why === undefined) return true;
  const jobId = await run.leave({
    contract: endSourceSession,
    payload: { jobId: run.jobId, epoch: run.epoch, committed },
  });
  of.log.warn({ why, leftTo: jobId }, 'source session left to a job of its own');
  return false;
}
