import { describeError, toAppError } from '../../base/errors.ts';
import { noteLeftover } from '../../db/stores/failover-store.ts';
import type { Leftover } from '../../domain/failover/leftover.ts';
import type { StepScope } from '../../workflow/define.ts';
import type { Failover } from './context.ts';

/**
 * Work of an undo that the rest of the way back does not depend on: where it is refused for good it is named, and the
 * way back goes on, because the source of the VM waits at its end. Whatever may work later is thrown as it is.
 * @returns whether it was done
 */
export async function orLeaveBehind(
  { context: { run }, signal, log }: Pick<StepScope<Failover>, 'context' | 'signal' | 'log'>,
  leftover: Leftover,
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (thrown) {
    const error = toAppError(thrown);
    const isOfThisRun = signal.aborted || error.kind === 'cancelled' || error.code.startsWith('job.');
    if (isOfThisRun || error.retry !== 'never' || error.kind === 'invariant') throw error;
    log.error({ left: leftover.id, error: describeError(error) }, 'left behind');
    await run.fenced((trx) => noteLeftover(trx, run.jobId, leftover));
    return false;
  }
}
