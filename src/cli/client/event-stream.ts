import { createParser } from 'eventsource-parser';
import { AppError, notFound, upstream } from '../../base/errors.ts';
import { KiB, MiB, SECOND } from '../../base/units.ts';
import { Job, JobProgress, LogEvent } from './answers.ts';
import type { Api } from './api.ts';
import { errorOfProblem } from './problem.ts';
import { unreachable } from './steady-fetch.ts';

/** One connection to an event stream of the API. Source of the format: HTML standard, "Server-sent events". */

export type StreamEvent =
  | { readonly kind: 'log'; readonly data: LogEvent }
  /** The state of a job: at the start, and whenever it changed. */
  | { readonly kind: 'job'; readonly data: Job }
  | { readonly kind: 'progress'; readonly data: JobProgress }
  /** The job of a stream of one job is over, and everything was told. */
  | { readonly kind: 'end'; readonly data: Record<string, never> };

export interface StreamOf {
  /** Below the API's address: /events, /jobs/{id}/events */
  readonly path: string;
  /** Log events after this id; undefined begins with the present. */
  readonly lastEventId: number | undefined;
}

const CONNECT_WITHIN_MS = 20 * SECOND;
/** The API says something every 15 s, if only that it lives. */
const SILENCE_MAX_MS = 50 * SECOND;
const EVENT_MAX_CHARACTERS = MiB;
const REFUSAL_MAX_CHARACTERS = 64 * KiB;

/** Code of the error that says: this API has no such stream. */
export const NO_STREAM = 'api.no-stream';

/**
 * The events until the API closes the stream. @throws upstream `api.unreachable`, `api.stream-cut` (mended by
 * connecting again), `api.bad-answer`; notFound `api.no-stream`; what the API refuses with; the reason of the signal.
 */
export async function* openStream(api: Api, stream: StreamOf): AsyncGenerator<StreamEvent> {
  // Ends this connection alone: at silence, and when the caller has enough.
  const ended = new AbortController();
  const signal = AbortSignal.any([api.signal, ended.signal]);
  const body = await connect(api, stream, signal);
  const silence = setTimeout(() => ended.abort(silent()), SILENCE_MAX_MS);
  try {
    const events: StreamEvent[] = [];
    const feed = eventReader((event) => events.push(event));
    for await (const chunk of body) {
      silence.refresh();
      feed(chunk);
      yield* events.splice(0);
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw error instanceof AppError ? error : cut('the connection broke', error);
  } finally {
    clearTimeout(silence);
    ended.abort();
  }
}

const cut = (reason: string, cause?: unknown): AppError =>
  upstream('api.stream-cut', `lost the event stream: ${reason}`, { cause });
const silent = (): AppError => cut(`the API said nothing for ${SILENCE_MAX_MS / SECOND} s`);

type Body = AsyncIterable<Uint8Array>;

async function connect(api: Api, { path, lastEventId }: StreamOf, signal: AbortSignal): Promise<Body> {
  const url = `${api.url}${path}`;
  const late = new AbortController();
  const deadline = setTimeout(() => late.abort(), CONNECT_WITHIN_MS);
  const response = await fetch(url, {
    headers: {
      ...api.headers('text/event-stream, application/problem+json'),
      ...(lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }),
    },
    redirect: 'manual',
    cache: 'no-store',
    signal: AbortSignal.any([signal, late.signal]),
  })
    .catch((error: unknown) => {
      if (signal.aborted) throw signal.reason;
      throw unreachable(error, { method: 'GET', url });
    })
    .finally(() => clearTimeout(deadline));
  if (response.ok && response.body !== null && isEventStream(response)) return response.body;
  throw await refusal(response, api.url);
}

const isEventStream = (response: Response): boolean =>
  /^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '');

async function refusal(response: Response, url: string): Promise<AppError> {
  const { status } = response;
  if (response.ok) {
    await response.body?.cancel();
    return noStream('the API answers with something that is no event stream');
  }
  const error = errorOfProblem(await problemOf(response), { url, status });
  // A route that is unknown, unlike a job that is unknown, is an API of before.
  if (error.code === 'route.unknown' || [405, 406, 501].includes(status)) return noStream(error.message);
  return error;
}

const noStream = (message: string): AppError => notFound(NO_STREAM, message);

async function problemOf(response: Response): Promise<unknown> {
  try {
    const text = await response.text();
    return text.length > REFUSAL_MAX_CHARACTERS ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Takes bytes as they come and hands on whole events. @throws upstream `api.bad-answer` */
function eventReader(onEvent: (event: StreamEvent) => void): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder();
  const parser = createParser({
    maxBufferSize: EVENT_MAX_CHARACTERS,
    onEvent: ({ event, data }) => {
      const read = eventOf(event, data);
      if (read !== undefined) onEvent(read);
    },
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw badEvent('it is larger than 1 MiB', error);
    },
  });
  return (chunk) => parser.feed(decoder.decode(chunk, { stream: true }));
}

/** Events that only a newer API knows are passed over. */
function eventOf(name: string | undefined, text: string): StreamEvent | undefined {
  if (name !== 'log' && name !== 'job' && name !== 'progress' && name !== 'end') return undefined;
  try {
    const data: unknown = JSON.parse(text);
    switch (name) {
      case 'log':
        return { kind: name, data: LogEvent.parse(data) };
      case 'job':
        return { kind: name, data: Job.parse(data) };
      case 'progress':
        return { kind: name, data: JobProgress.parse(data) };
      case 'end':
        return { kind: name, data: {} };
    }
  } catch (error) {
    throw badEvent(`${name} is not what this version knows`, error);
  }
}

const badEvent = (reason: string, cause: unknown): AppError =>
  upstream('api.bad-answer', `an event of the API cannot be read: ${reason}`, {
    cause,
    hint: 'are the API and this program of the same version?',
  });
