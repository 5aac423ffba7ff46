import { sleep } from '../../base/clock.ts';
import { AppError, upstream } from '../../base/errors.ts';
import { MiB, SECOND } from '../../base/units.ts';
import { causeOf, deepSystemCode, messageOf } from '../thrown.ts';

/**
 * fetch with a deadline for the whole answer, which repeats what may be repeated: reads, and requests that carry an
 * Idempotency-Key. Others are sent once: nobody knows what a lost answer had said.
 */

/** The API gives up on a request after 15 s and says so; whoever hears nothing until then waits for nobody. */
const ANSWER_WITHIN_MS = 20 * SECOND;
const ATTEMPTS_MAX = 3;
/** No new attempt after this long. */
const REPEAT_WITHIN_MS = 45 * SECOND;
const RETRY_AFTER_MAX_MS = 10 * SECOND;
const PAUSE_MS = SECOND / 2;
/** The largest page that the API makes is far below; more is not ours. */
const ANSWER_MAX_BYTES = 64 * MiB;

export interface SteadyOptions {
  /** Ends everything, with its reason. */
  readonly signal: AbortSignal;
  readonly answerWithinMs?: number;
}

/** @throws upstream `api.unreachable`, `api.bad-answer`; and the reason of the signal. Never for a status. */
export function steadyFetch(options: SteadyOptions): (request: Request) => Promise<Response> {
  return async (request) => {
    const startedAtMs = performance.now();
    const mayRepeat = request.method === 'GET' || request.headers.has('idempotency-key');
    for (let attempt = 1; ; attempt += 1) {
      const isLast = !mayRepeat || attempt >= ATTEMPTS_MAX || performance.now() - startedAtMs > REPEAT_WITHIN_MS;
      const tried = await attemptOnce(request.clone(), options);
      const waitMs = isLast ? undefined : pauseAfter(tried, attempt);
      if (waitMs === undefined) return settle(tried, request);
      await sleep(waitMs, options.signal);
    }
  };
}

type Tried = { readonly response: Response } | { readonly failure: unknown };

async function attemptOnce(
  request: Request,
  { signal, answerWithinMs = ANSWER_WITHIN_MS }: SteadyOptions,
): Promise<Tried> {
  const deadline = AbortSignal.timeout(answerWithinMs);
  try {
    // A redirect is not followed: the token would go with it.
    const response = await fetch(request, { signal: AbortSignal.any([signal, deadline]), redirect: 'manual' });
    return { response: await whole(response) };
  } catch (failure) {
    if (signal.aborted) throw signal.reason;
    if (deadline.aborted) return { failure: new LateError(answerWithinMs) };
    return { failure };
  }
}

class LateError extends Error {
  constructor(afterMs: number) {
    super(`no answer within ${afterMs / SECOND} s`);
  }
}

/** The answer with all of its body, so that a connection that breaks in the middle counts as no answer. */
async function whole(response: Response): Promise<Response> {
  const { body, status, statusText, headers } = response;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(body)) {
    bytes += chunk.length;
    if (bytes > ANSWER_MAX_BYTES) {
      throw upstream('api.bad-answer', `${response.url} answers with more than ${ANSWER_MAX_BYTES / MiB} MiB`);
    }
    chunks.push(chunk);
  }
  return new Response(bytes === 0 ? null : new Blob(chunks), { status, statusText, headers });
}

const chunksOf = (body: Response['body']): AsyncIterable<Uint8Array<ArrayBuffer>> | readonly never[] => body ?? [];

/** How long to wait before the request is repeated; undefined when repeating it is of no use. */
function pauseAfter(tried: Tried, attempt: number): number | undefined {
  if ('response' in tried) return tried.response.status === 503 ? retryAfterMs(tried.response.headers) : undefined;
  if (tried.failure instanceof AppError || neverArrived(tried.failure)) return undefined;
  return PAUSE_MS * attempt;
}

/** Undefined without the header, and for a wait that a person would not sit through. */
function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const waitMs = /^\d+$/.test(value) ? Number(value) * SECOND : Date.parse(value) - Date.now();
  return waitMs <= RETRY_AFTER_MAX_MS ? Math.max(waitMs, 0) : undefined;
}

const NOT_CONNECTED = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
];

/** No connection was made, or none that we trust: nothing was asked, and asking again at once finds the same. */
function neverArrived(failure: unknown): boolean {
  const code = deepSystemCode(failure);
  return NOT_CONNECTED.includes(code) || /CERT|TLS|SSL/.test(code) || messageOf(causeOf(failure)) === 'bad port';
}

function settle(tried: Tried, request: Request): Response {
  if ('response' in tried) return tried.response;
  if (tried.failure instanceof AppError) throw tried.failure;
  throw unreachable(tried.failure, request);
}

/** @param request what was asked; the query stays out of the message */
export function unreachable(failure: unknown, request: Pick<Request, 'method' | 'url'>): AppError {
  const { origin } = new URL(request.url);
  const code = deepSystemCode(failure);
  const reason = code === '' ? messageOf(causeOf(failure) ?? failure) : code;
  const mayBeDone = request.method !== 'GET' && !neverArrived(failure);
  return upstream('api.unreachable', `the API at ${origin} does not answer${` (${reason})`}`, {
    cause: failure,
    details: { url: request.url, method: request.method },
    hint: mayBeDone
      ? 'the request may have been accepted all the same: look with migratekit jobs'
      : 'check the address (migratekit login --url URL, or MIGRATEKIT_API_URL) and that the API runs',
  });
}
