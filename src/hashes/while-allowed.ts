import { sleep } from '../base/clock.ts';
import { toAppError } from '../base/errors.ts';

/** How long somebody may go on reading what is not his any more. */
const LOOK_EVERY_MS = 500;

export interface Permit extends AsyncDisposable {
  /** Aborted with the error of `allowed`, or with the reason of the signal that was given. */
  readonly signal: AbortSignal;
}

/**
 * Looks again and again whether something is still allowed. A look that fails because a system is away (`upstream`)
 * proves nothing and ends nothing.
 */
export function whileAllowed(allowed: () => Promise<void> | void, signal: AbortSignal): Permit {
  const refused = new AbortController();
  const over = new AbortController();
  const either = AbortSignal.any([signal, refused.signal]);
  const watch = async (): Promise<void> => {
    const stop = AbortSignal.any([either, over.signal]);
    while (!stop.aborted) {
      await sleep(LOOK_EVERY_MS, stop).catch(() => undefined);
      if (stop.aborted) return;
      try {
        await allowed();
      } catch (thrown) {
        const error = toAppError(thrown);
        if (error.kind !== 'upstream') refused.abort(error);
      }
    }
  };
  const watching = watch();
  return {
    signal: either,
    async [Symbol.asyncDispose]() {
      over.abort();
      await watching;
    },
  };
}
