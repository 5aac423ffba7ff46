import { toAppError } from '../../base/errors.ts';
import { vmaLog } from '../../base/logger.ts';

export interface Rounds {
  /** After the round that is under way. */
  stop(): Promise<void>;
}

/** Does `round` every `everyMs`, but never twice at a time. */
export function startRounds(everyMs: number, round: () => Promise<void>): Rounds {
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= round()
      .catch((thrown: unknown) => vmaLog.error({ err: toAppError(thrown) }, 'round failed'))
      .finally(() => {
        running = undefined;
      });
  }, everyMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
