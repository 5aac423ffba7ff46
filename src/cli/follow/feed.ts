import { sleep } from '../../base/clock.ts';
import { AppError, upstream } from '../../base/errors.ts';
import { MINUTE, SECOND } from '../../base/units.ts';
import type { Api } from '../client/api.ts';
import { NO_STREAM, openStream, type StreamEvent } from '../client/event-stream.ts';
import { hasEnded } from '../view/job.ts';

/** Events of a job, or of all jobs, for as long as somebody listens: over as many connections as it takes. */

export type FeedEvent =
  | StreamEvent
  /** The connection is lost; the next attempt follows after the wait. The jobs go on meanwhile. */
  | { readonly kind: 'lost'; readonly data: { readonly reason: string; readonly retry_in_ms: number } };

export interface FeedSource {
  readonly path: string;
  /** Log events after this id; undefined begins with the present, 0 with the first that is kept. */
  readonly lastEventId: number | undefined;
  /** One job: its feed ends when the job has. */
  readonly isOneJob: boolean;
  /** The same by asking again and again, for an API without streams; ends only after `end`. */
  readonly poll: (afterLogId: number | undefined) => AsyncGenerator<StreamEvent>;
}

const WAIT_FIRST_MS = SECOND / 2;
const WAIT_MAX_MS = 10 * SECOND;
/** Nobody watches a screen that says nothing for longer. */
const GIVE_UP_AFTER_MS = 5 * MINUTE;

export interface FeedLimits {
  readonly giveUpAfterMs: number;
}

/**
 * @throws upstream `api.unreachable` when the API could not be heard for five minutes; what it refuses with; the
 * reason of the API's signal.
 */
export async function* feed(
  api: Api,
  source: FeedSource,
  limits: FeedLimits = { giveUpAfterMs: GIVE_UP_AFTER_MS },
): AsyncGenerator<FeedEvent> {
  const state = new FeedState(api, source);
  for (;;) {
    const failure = yield* state.listen();
    if (state.isOver) return;
    if (failure === undefined) continue;
    if (state.silentForMs() > limits.giveUpAfterMs) throw givenUp(failure, limits);
    const retryInMs = state.nextWaitMs();
    yield { kind: 'lost', data: { reason: failure, retry_in_ms: retryInMs } };
    await sleep(retryInMs, api.signal);
  }
}

class FeedState {
  isOver = false;
  readonly #api: Api;
  readonly #source: FeedSource;
  #hasStream = true;
  #hasEnded = false;
  #lastEventId: number | undefined;
  #waitMs = WAIT_FIRST_MS;
  #heardAtMs = performance.now();

  constructor(api: Api, source: FeedSource) {
    this.#api = api;
    this.#source = source;
    this.#lastEventId = source.lastEventId;
  }

  silentForMs(): number {
    return performance.now() - this.#heardAtMs;
  }

  nextWaitMs(): number {
    const waitMs = this.#waitMs;
    this.#waitMs = Math.min(waitMs * 2, WAIT_MAX_MS);
    return waitMs;
  }

  /** One connection. @returns why it ended; undefined when the other way to listen is to be tried at once */
  async *listen(): AsyncGenerator<StreamEvent, string | undefined> {
    try {
      for await (const event of this.#open()) {
        this.#heard(event);
        yield event;
        if (this.isOver) return undefined;
      }
      // What a job that has ended still had to say is told before the stream closes.
      this.isOver = this.#hasEnded;
      return 'the API closed the stream';
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === NO_STREAM && this.#hasStream) {
        this.#hasStream = false;
        return undefined;
      }
      if (!PASSING.includes(error.kind) || error.code === 'api.bad-answer') throw error;
      return error.message;
    }
  }

  #open(): AsyncGenerator<StreamEvent> {
    const { path, poll } = this.#source;
    return this.#hasStream ? openStream(this.#api, { path, lastEventId: this.#lastEventId }) : poll(this.#lastEventId);
  }

  #heard(event: StreamEvent): void {
    this.#heardAtMs = performance.now();
    this.#waitMs = WAIT_FIRST_MS;
    if (event.kind === 'log') this.#lastEventId = event.data.id;
    if (event.kind === 'job' && this.#source.isOneJob) this.#hasEnded = hasEnded(event.data);
    if (event.kind === 'end') this.isOver = true;
  }
}

/** Trouble that may be over at the next attempt. */
const PASSING: readonly string[] = ['upstream', 'busy'];

const givenUp = (reason: string, { giveUpAfterMs }: FeedLimits): AppError =>
  upstream('api.unreachable', `no contact with the API for ${Math.round(giveUpAfterMs / SECOND)} s: ${reason}`, {
    hint: 'the jobs go on without this program',
  });
