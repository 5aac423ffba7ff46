/**
 * What can go wrong, named by what follows from it. Every error that leaves a room of this project is an AppError:
 * a stable `code` to match on (`area.what`), a message for the log, a hint for the person, and a kind that decides
 * what a job does with it (queues/outcome.ts) and which HTTP status it becomes (api/errors.ts).
 */

/** never: a retry cannot help. backoff: try again later, this costs an attempt. later: wait, this costs nothing. */
export type Retry = 'never' | 'backoff' | 'later';

export type ErrorKind =
  | 'invalid-request' // schema or argument wrong
  | 'not-allowed' // not signed in, or no right
  | 'not-found' // our row, a volume, a VM
  | 'conflict' // the thing is in a state, or in use, that forbids this
  | 'precondition' // the world is not fit for it: target too small, CBT off
  | 'busy' // asked to wait: no slot, task limit
  | 'upstream' // connection lost, timeout, 5xx, retryable fault of a foreign system
  | 'cancelled' // somebody asked for it
  | 'invariant'; // our bug

const RETRY_OF: Record<ErrorKind, Retry> = {
  'invalid-request': 'never',
  'not-allowed': 'never',
  'not-found': 'never',
  conflict: 'never',
  precondition: 'never',
  busy: 'later',
  upstream: 'backoff',
  cancelled: 'never',
  invariant: 'never',
};

export interface ErrorFields {
  /** What a person does next; a sentence. */
  readonly hint?: string | undefined;
  /** Coordinates: job id, disk id, export name, offset. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
  /** Only where the kind's own answer is wrong, e.g. an upstream failure that repeating cannot cure. */
  readonly retry?: Retry | undefined;
  /** With `later`: trying sooner than this is of no use. */
  readonly retryAfterMs?: number | undefined;
}

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly kind: ErrorKind;
  readonly code: string;
  readonly retry: Retry;
  readonly retryAfterMs: number;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  /** `what` is `[code, message]`; the message says what failed: lower case, no full stop. */
  constructor(kind: ErrorKind, what: readonly [code: string, message: string], fields: ErrorFields = {}) {
    super(what[1], fields.cause === undefined ? undefined : { cause: fields.cause });
    this.kind = kind;
    this.code = what[0];
    this.retry = fields.retry ?? RETRY_OF[kind];
    this.retryAfterMs = fields.retryAfterMs ?? 0;
    this.hint = fields.hint;
    this.details = fields.details ?? {};
  }
}

type Make = (code: string, message: string, fields?: ErrorFields) => AppError;
const maker =
  (kind: ErrorKind): Make =>
  (code, message, fields = {}) =>
    new AppError(kind, [code, message], fields);

export const invalidRequest: Make = maker('invalid-request');
export const notAllowed: Make = maker('not-allowed');
export const notFound: Make = maker('not-found');
export const conflict: Make = maker('conflict');
export const precondition: Make = maker('precondition');
export const busy: Make = maker('busy');
export const upstream: Make = maker('upstream');
export const cancelled: Make = maker('cancelled');

/** The AppError in `thrown`, or `thrown` as an `invariant` error with code `internal`: an error nobody foresaw is our bug. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError('invariant', ['internal', message], { cause: thrown });
}

/** A person's line: `message (code)`, and the hint when there is one. */
export function describeError(thrown: unknown): string {
  const error = toAppError(thrown);
  const hint = error.hint === undefined ? '' : `; ${error.hint}`;
  return `${error.message} (${error.code})${hint}`;
}
