import { z } from 'zod';
import type { ErrorKind } from '../base/errors.ts';
import { AppError, precondition, upstream } from '../base/errors.ts';

/**
 * One JSON request to one of our own servers: a deadline, a bearer token, an answer that is checked against its
 * schema, and problem documents turned back into the AppError that they were made from.
 */

export interface Peer {
  /** e.g. `vma`; first part of the error codes that are made here. */
  readonly name: string;
  /** Base URL without a trailing slash, e.g. http://127.0.0.1:8081/api/v1 */
  readonly url: string;
  readonly token: string | undefined;
}

export interface JsonRequest<T> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Starts with a slash; query included, already encoded. */
  readonly path: string;
  readonly body?: unknown;
  readonly answer: z.ZodType<T>;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

const problemSchema = z.object({
  status: z.number(),
  detail: z.string(),
  code: z.string(),
  hint: z.string().optional(),
  retry: z.literal('later').optional().catch(undefined),
});

/** A request on behalf of a job has its id: what the peer refuses is then found in its log under the job. */
export const requestOf = (jobId: string): Record<string, string> => ({ 'x-request-id': jobId });

/**
 * @throws upstream `<peer>.unreachable` (no connection, or the deadline passed), `<peer>.bad-answer` (not what the
 * schema says); precondition `<peer>.token-refused`; and the error of the problem document that the peer answered with, code and hint kept.
 */
export async function requestJson<T>(peer: Peer, request: JsonRequest<T>): Promise<T> {
  const response = await send(peer, request);
  const { status, text } = response;
  const where = { peer: peer.name, method: request.method, path: request.path, status };
  let body: unknown;
  try {
    body = text === '' ? undefined : JSON.parse(text);
  } catch (cause) {
    throw upstream(`${peer.name}.bad-answer`, `${peer.name} answered with something that is not JSON`, {
      cause,
      details: where,
    });
  }
  if (status >= 400) throw refusalOf(peer, body, where);
  const parsed = request.answer.safeParse(body);
  if (parsed.success) return parsed.data;
  throw upstream(`${peer.name}.bad-answer`, `${peer.name} answered in a shape that this version does not know`, {
    details: { ...where, issues: parsed.error.issues.slice(0, 5) },
    hint: 'are all parts of the same version?',
  });
}

async function send<T>(peer: Peer, request: JsonRequest<T>): Promise<{ status: number; text: string }> {
  const deadline = AbortSignal.timeout(request.deadlineMs);
  const signal = request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal]);
  try {
    const response = await fetch(`${peer.url}${request.path}`, {
      method: request.method,
      headers: {
        accept: 'application/json',
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(peer.token === undefined ? {} : { authorization: `Bearer ${peer.token}` }),
        ...request.headers,
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      redirect: 'error',
      signal,
    });
    return { status: response.status, text: await response.text() };
  } catch (cause) {
    // The caller's own abort is not the peer's fault: pass its reason on.
    if (request.signal?.aborted === true) throw request.signal.reason;
    const late = deadline.aborted ? ` within ${request.deadlineMs} ms` : '';
    throw upstream(`${peer.name}.unreachable`, `${peer.name} does not answer${late}`, {
      cause,
      details: { peer: peer.name, url: peer.url, method: request.method, path: request.path },
      hint: `check that ${peer.name} runs and is reachable at ${peer.url}`,
    });
  }
}

/** The AppError in a problem document. */
export function refusalOf(peer: Peer, body: unknown, where: Record<string, unknown>): AppError {
  const problem = problemSchema.safeParse(body);
  if (!problem.success) {
    return upstream(`${peer.name}.bad-answer`, `${peer.name} refused without saying why`, { details: where });
  }
  const { status, code, detail, hint, retry } = problem.data;
  if (code.startsWith('auth.')) return tokenRefused(peer);
  const kind = retry === 'later' ? 'busy' : kindOf(status, code);
  return new AppError(kind, [code, detail], { hint, details: where });
}

/** Of ours: whoever asked us is signed in, and must not hear that they are not. */
const tokenRefused = ({ name, url }: Peer): AppError =>
  precondition(`${name}.token-refused`, `${name} does not accept our token`, {
    details: { peer: name, url },
    hint: 'give both sides the same token: MIGRATEKIT_VMA_TOKEN, or MIGRATEKIT_VOLUME_DAEMON_TOKEN',
  });

function kindOf(status: number, code: string): ErrorKind {
  if (code === 'internal') return 'upstream';
  const kinds: Record<number, ErrorKind> = {
    400: 'invalid-request',
    401: 'not-allowed',
    403: 'not-allowed',
    404: 'not-found',
    409: 'conflict',
    413: 'invalid-request',
    422: 'precondition',
  };
  return kinds[status] ?? 'upstream';
}
