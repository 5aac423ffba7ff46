import { sleep } from '../../base/clock.ts';
import { toAppError, upstream, type AppError } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import type { SourceSession } from '../../vma/contract.ts';
import type { VmaClient } from '../../vma/client.ts';
import type { Replication } from './context.ts';

/** Far below the shortest life that a VMA gives a session without a heartbeat. */
const EVERY_MS = 20 * SECOND;
/** Of the VMA: a snapshot would fill the datastore. */
const ENDED_FOR_SPACE = 'session.ended-for-space';

/** What of a replication is needed for it. */
interface Heartbeating {
  readonly run: Pick<Replication['run'], 'epoch' | 'log'>;
  readonly deps: {
    readonly vma: { heartbeat(...call: Parameters<VmaClient['heartbeat']>): Promise<unknown> };
  };
}

export interface SessionHeartbeat extends AsyncDisposable {
  /** Aborts when the session is gone for good: its snapshot went with it, so reading on makes no sense. */
  readonly lost: AbortSignal;
}

/** Worth another attempt, which makes another session. */
export const sessionLost = (cause: AppError): AppError =>
  upstream('source.session-lost', 'the source session is gone, and its snapshot with it', { cause });

/** Undefined when the session may still be there. What the VMA ended for a reason of its own would end the next one, too. */
function whyLost(error: AppError): AppError | undefined {
  if (error.code === ENDED_FOR_SPACE) return error;
  return error.kind === 'not-found' ? sessionLost(error) : undefined;
}

/** Keeps the source session alive for as long as it is not disposed. A VMA that is away for a while is only logged. */
export function keepSession({ run, deps }: Heartbeating, session: Pick<SourceSession, 'session_id'>): SessionHeartbeat {
  const lost = new AbortController();
  const stop = new AbortController();
  const beat = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await sleep(EVERY_MS, stop.signal);
      try {
        await deps.vma.heartbeat(session.session_id, run.epoch, { signal: stop.signal });
      } catch (thrown) {
        if (stop.signal.aborted) return;
        const error = toAppError(thrown);
        run.log.warn({ err: error, sessionId: session.session_id }, 'heartbeat of the source session failed');
        const reason = whyLost(error);
        if (reason !== undefined) {
          lost.abort(reason);
          return;
        }
      }
    }
  };
  const beating = beat().catch(() => undefined);
  return {
    lost: lost.signal,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await beating;
    },
  };
}
