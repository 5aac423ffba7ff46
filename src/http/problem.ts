import type { ErrorKind } from '../base/errors.ts';
import { AppError, toAppError } from '../base/errors.ts';

/**
 * AppError -> problem document (RFC 9457), the one shape in which the API and both daemons say that something failed.
 * The table is the only place where an error kind meets an HTTP status.
 */

export const PROBLEM_TYPE = 'application/problem+json';

export interface Problem {
  /** Stable URI of the code. */
  type: string;
  title: string;
  status: number;
  detail: string;
  /** Path of the request. */
  instance: string;
  /** What programs match on: `area.what`. */
  code: string;
  /** One entry per bad field of the request. */
  errors?: { path: string; message: string }[];
  request_id: string;
  hint?: string;
  /** The same request will succeed when what it waits for is free: nothing is wrong with it, or with anybody. */
  retry?: 'later';
}

const STATUS_OF: Record<ErrorKind, [status: number, title: string]> = {
  'invalid-request': [400, 'Invalid request'],
  'not-allowed': [401, 'Not signed in or not allowed'],
  'not-found': [404, 'Not found'],
  conflict: [409, 'Conflict'],
  precondition: [422, 'A precondition does not hold'],
  busy: [503, 'Busy'],
  upstream: [503, 'A system that this depends on does not answer as it should'],
  cancelled: [409, 'Cancelled'],
  invariant: [500, 'Internal error'],
};

/** Where the request stands that failed. */
export interface RequestPlace {
  readonly path: string;
  readonly requestId: string;
}

/** `details.status` of an error overrides the kind's status (413, 415, 403, 502 ...); `details.errors` lists bad fields. */
export function toProblem(thrown: unknown, at: RequestPlace): Problem {
  const error = fromBodyParser(thrown) ?? toAppError(thrown);
  const [status, title] = STATUS_OF[error.kind];
  const hidden = error.kind === 'invariant';
  const override = error.details['status'];
  const errors = error.details['errors'];
  return {
    type: `urn:migratekit:problem:${error.code}`,
    title,
    status: typeof override === 'number' ? override : status,
    // The text of an unforeseen error may hold anything; the log has it under the same request id.
    detail: hidden ? 'an unexpected error; the log has the details under this request id' : error.message,
    instance: at.path,
    code: error.code,
    ...(Array.isArray(errors) ? { errors: errors as { path: string; message: string }[] } : {}),
    request_id: at.requestId,
    ...hintOf(error),
    ...(error.retry === 'later' ? { retry: error.retry } : {}),
  };
}

function hintOf(error: AppError): { hint?: string } {
  if (error.kind === 'invariant') return { hint: 'look for the request id in the log of this server, and report it' };
  return error.hint === undefined ? {} : { hint: error.hint };
}

/** Too long; in a character set or an encoding that we cannot read. */
const CODE_OF_BODY_STATUS: Readonly<Record<number, string>> = {
  413: 'request.too-large',
  415: 'request.unsupported-type',
};

/** Errors of express.json() carry `type` and `status`; all of them are the client's. */
function fromBodyParser(thrown: unknown): AppError | undefined {
  if (!(thrown instanceof Error) || !('type' in thrown) || !('status' in thrown)) return undefined;
  const status = Number(thrown.status);
  if (!(status >= 400 && status < 500)) return undefined;
  const code = CODE_OF_BODY_STATUS[status] ?? 'request.malformed';
  return new AppError('invalid-request', [code, 'the body of the request cannot be read'], {
    cause: thrown,
    details: { status, reason: String(thrown.type) },
    hint: 'send one JSON object with content-type application/json',
  });
}
