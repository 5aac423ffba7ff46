import { sleep } from '../../base/clock.ts';
import { toAppError } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import type { StepWork } from '../../workflow/define.ts';
import type { Replication } from './context.ts';
import { Transferred } from './outputs.ts';

const TRIES = 4;

/**
 * Ends the source session and tells the VMA that its changeIds are stored. The cycle is committed already, so a VMA
 * that does not answer does not make it fail: its session expires by itself, and what it keeps for the older changeId
 * costs space, not data. What was left is said in the output, the log and the job's steps.
 */
export const closeSource: StepWork<Replication> = {
  async run({ context: { run, deps }, outputs, signal, log }) {
    const { sessionId } = outputs.get('transfer', Transferred);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await deps.vma.endSession(sessionId, { epoch: run.epoch, committed: true }, { signal });
        return { ended: true };
      } catch (thrown) {
        signal.throwIfAborted();
        const error = toAppError(thrown);
        if (attempt === TRIES || error.retry === 'never') {
          log.warn({ err: error, sessionId }, 'source session left to expire');
          return { ended: false, error: error.code };
        }
        await sleep(attempt * 2 * SECOND, signal);
      }
    }
  },
};
