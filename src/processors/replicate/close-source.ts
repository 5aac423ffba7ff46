import { toAppError } from '../../base/errors.ts';
import type { StepWork } from '../../workflow/define.ts';
import type { Replication } from './context.ts';
import { endSession } from './end-session.ts';

/**
 * Ends the source session and tells the VMA that its changeIds are stored. The cycle is committed already, so a VMA
 * that does not answer, or refuses, does not make it fail: a job of its own goes on, or the session expires by itself,
 * and what it keeps for the older changeId costs space, not data. What was left is said in the output and the log.
 */
export const closeSource: StepWork<Replication> = {
  async run({ context, signal, log }) {
    try {
      return { ended: await endSession(context, { committed: true, signal, log }) };
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toAppError(thrown);
      // The database is away, or the job is in other hands: neither is an answer of the VMA.
      if (error.retry !== 'never' || error.code.startsWith('job.')) throw error;
      log.warn({ err: error }, 'source session left to expire');
      return { ended: false, error: error.code };
    }
  },
};
