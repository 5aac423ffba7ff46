import { sleep } from '../../base/clock.ts';
import { describeError, toAppError } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';

/** A person waits for the end of a cancelled job, and the VM is busy until then. */
const WITHIN_MS = 3 * SECOND;
const TRIES = 3;
const PAUSE_MS = 300;

/**
 * Tries a clean-up for a moment, three times or three seconds: for one that somebody else finishes when the far side
 * is away. `work` gets a signal that ends with the moment.
 *
 * @returns undefined when it worked, else why not, for the log
 * @throws what no retry can help, and the reason of `signal`
 */
export async function briefly(
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<unknown>,
): Promise<string | undefined> {
  const late = AbortSignal.timeout(WITHIN_MS);
  const either = AbortSignal.any([signal, late]);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work(either);
      return undefined;
    } catch (thrown) {
      signal.throwIfAborted();
      if (late.aborted) return `no answer within ${WITHIN_MS} ms`;
      const error = toAppError(thrown);
      if (error.retry === 'never') throw error;
      if (attempt === TRIES) return describeError(error);
    }
    await sleep(PAUSE_MS, signal);
  }
}
