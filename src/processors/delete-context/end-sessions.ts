import { toAppError } from '../../base/errors.ts';
import { newestClaim, replicationsAmong } from '../../db/stores/deletion-store.ts';
import { endSourceSession } from '../../queues/jobs/end-source-session.ts';
import type { StepWork } from '../../workflow/define.ts';
import type { EndedSessions, Forgetting } from './context.ts';

/**
 * Ends the source sessions of the VM's jobs, so that the source keeps no snapshot of ours. A VMA that is away does not
 * keep a VM from being forgotten, which may be wanted because its vCenter is gone: the end is left to a job of its own.
 */
export const endSessions: StepWork<Forgetting> = {
  async run({ context, log }): Promise<EndedSessions> {
    const { run, vma } = context;
    const { contextId } = run.payload;
    const leftTo: string[] = [];
    const leave = async (session: { readonly jobId: string; readonly epoch: number }, why: unknown): Promise<void> => {
      run.signal.throwIfAborted();
      const jobId = await run.leave({ contract: endSourceSession, payload: { ...session, committed: false } });
      leftTo.push(jobId);
      log.warn(
        { why: toAppError(why).message, sessionOf: session.jobId, leftTo: jobId },
        'source session left to a job',
      );
    };
    let ended = 0;
    try {
      const sessions = await vma.listSessions({ signal: run.signal });
      const ids = sessions.map((session) => session.job_id);
      const ours = await run.fenced((trx) => replicationsAmong(trx, contextId, ids));
      for (const { job_id: jobId, epoch } of sessions.filter((session) => ours.has(session.job_id))) {
        const how = { epoch, committed: false };
        await vma.endSession(jobId, how, { signal: run.signal }).then(
          () => (ended += 1),
          (why: unknown) => leave({ jobId, epoch }, why),
        );
      }
    } catch (thrown) {
      run.signal.throwIfAborted();
      if (toAppError(thrown).kind !== 'upstream') throw thrown;
      // A VM has one session at a time: that of its newest job, if any.
      const newest = await run.fenced((trx) => newestClaim(trx, contextId));
      if (newest !== undefined) await leave(newest, thrown);
    }
    return { ended, leftTo };
  },
};
