import { AppError, type ErrorKind } from '../base/errors.ts';

/**
 * What the database and its driver say, as errors of ours: the one table. The error of the driver stays as `cause`.
 * The client of db/knex.ts translates every query, so that no other room ever sees an errno.
 */

interface Meaning {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

const UNREACHABLE: Meaning = {
  kind: 'upstream',
  code: 'db.unreachable',
  message: 'the database does not answer',
  hint: 'check that MariaDB runs, and MIGRATEKIT_DB_HOST and MIGRATEKIT_DB_PORT',
};
const CONTENTION: Meaning = {
  kind: 'upstream',
  code: 'db.contention',
  message: 'the database gave up on a lock conflict',
  hint: 'send the request again',
};
const NO_SCHEMA: Meaning = {
  kind: 'precondition',
  code: 'db.schema-mismatch',
  message: 'the database lacks a table or column of this version',
  hint: 'run ./migratekit migrate',
};
const ACCESS: Meaning = {
  kind: 'precondition',
  code: 'db.access-denied',
  message: 'the database does not let this user in',
  hint: 'check MIGRATEKIT_DB_USER, MIGRATEKIT_DB_PASSWORD and the grants of that user',
};
const REJECTED: Meaning = {
  kind: 'invalid-request',
  code: 'db.value-rejected',
  message: 'a value does not fit its column',
  hint: 'look for a value that is too long, too large or of another kind',
};
const READ_ONLY: Meaning = {
  kind: 'upstream',
  code: 'db.read-only',
  message: 'the database is read-only',
  hint: 'point MIGRATEKIT_DB_HOST at the primary server',
};
const FULL: Meaning = {
  kind: 'upstream',
  code: 'db.full',
  message: 'the database has no space left',
  hint: 'free disk space on the database server',
};
const UNKNOWN: Meaning = {
  kind: 'upstream',
  code: 'db.failed',
  message: 'the database refused a statement',
  hint: 'the log has what the database said, under the id of the request',
};
const TIMEOUT: Meaning = {
  kind: 'upstream',
  code: 'db.timeout',
  message: 'the database stopped a statement that took too long',
  hint: 'send the request again; when it stays so, look for long transactions in the database',
};

/** Errors of the network and of the driver. */
const BY_CODE: Readonly<Record<string, Meaning>> = {
  ECONNREFUSED: UNREACHABLE,
  ECONNRESET: UNREACHABLE,
  EPIPE: UNREACHABLE,
  ETIMEDOUT: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ENOTFOUND: UNREACHABLE,
  EAI_AGAIN: UNREACHABLE,
  PROTOCOL_CONNECTION_LOST: UNREACHABLE,
  PROTOCOL_SEQUENCE_TIMEOUT: UNREACHABLE,
};

/** Errors of the server. Source: MariaDB "MariaDB Error Code Reference", MySQL "Server Error Message Reference". */
const BY_NUMBER: Readonly<Record<number, Meaning>> = {
  1040: { ...UNREACHABLE, message: 'the database has no connection left', hint: 'raise max_connections' },
  1053: UNREACHABLE, // server shutdown in progress
  1079: UNREACHABLE,
  1927: UNREACHABLE, // connection was killed
  2006: UNREACHABLE,
  2013: UNREACHABLE,
  1020: CONTENTION, // record has changed since last read
  1205: CONTENTION, // lock wait timeout
  1213: CONTENTION, // deadlock
  1044: ACCESS,
  1045: ACCESS,
  1142: ACCESS,
  1698: ACCESS,
  1049: {
    kind: 'precondition',
    code: 'db.no-database',
    message: 'the database does not exist',
    hint: 'create it, or check MIGRATEKIT_DB_NAME',
  },
  1054: NO_SCHEMA,
  1146: NO_SCHEMA,
  1062: { kind: 'conflict', code: 'db.duplicate', message: 'a row with this key exists' },
  1451: { kind: 'conflict', code: 'db.referenced', message: 'other rows refer to this row' },
  1452: { kind: 'conflict', code: 'db.missing-reference', message: 'the row refers to a row that does not exist' },
  1048: REJECTED, // column cannot be null
  1264: REJECTED, // out of range
  1265: REJECTED, // data truncated, e.g. no such ENUM value
  1292: REJECTED,
  1364: REJECTED, // no default value
  1366: REJECTED,
  1406: REJECTED, // too long
  3140: REJECTED, // MySQL: invalid JSON
  3819: REJECTED, // MySQL: check constraint
  4025: REJECTED, // MariaDB: check constraint, which invalid JSON is
  1290: READ_ONLY,
  1792: READ_ONLY,
  1836: READ_ONLY,
  1021: FULL,
  1114: FULL,
  1969: TIMEOUT,
  3024: TIMEOUT,
};

const POOL_TIMEOUT: Meaning = {
  kind: 'upstream',
  code: 'db.pool-exhausted',
  message: 'no connection to the database became free in time',
  hint: 'check that MariaDB answers; when it does, look for long transactions, then raise MIGRATEKIT_DB_POOL_MAX',
};

/** Any thrown thing as an AppError; one that is an AppError already passes unchanged. */
export function toDatabaseError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const meaning = meaningOf(thrown);
  const details = { errno: errnoOf(thrown), driverCode: codeOf(thrown), ...keyOf(thrown), ...textOf(thrown, meaning) };
  return new AppError(meaning.kind, [meaning.code, meaning.message], { hint: meaning.hint, details, cause: thrown });
}

/** The row exists already; with `key`, because of this unique key. */
export function isDuplicate(thrown: unknown, key?: string): boolean {
  const error = thrown instanceof AppError ? thrown : toDatabaseError(thrown);
  return error.code === 'db.duplicate' && (key === undefined || error.details['key'] === key);
}

/** What a new row belongs to is not there, or not any more. */
export function isMissingReference(thrown: unknown): boolean {
  const error = thrown instanceof AppError ? thrown : toDatabaseError(thrown);
  return error.code === 'db.missing-reference';
}

/** The server undid the transaction (or let us undo it): repeating all of it is safe. */
export function isContention(thrown: unknown): boolean {
  return thrown instanceof AppError ? thrown.code === 'db.contention' : meaningOf(thrown) === CONTENTION;
}

/** The connection is gone. Before COMMIT was sent nothing is stored; after it, nobody knows. */
export function isConnectionLost(thrown: unknown): boolean {
  const code = thrown instanceof AppError ? thrown.code : meaningOf(thrown).code;
  return code === UNREACHABLE.code;
}

/** Nobody got a connection from the pool in time, for whatever reason. */
export const isPoolTimeout = (thrown: unknown): boolean =>
  thrown instanceof Error && thrown.name === 'KnexTimeoutError';

/** What the driver would say: no connection was made in time. */
export const noConnectionMade = (cause: unknown): Error =>
  Object.assign(new Error('no connection was made in time', { cause }), { code: 'ETIMEDOUT' });

function meaningOf(thrown: unknown): Meaning {
  const errno = errnoOf(thrown);
  const byNumber = errno === undefined ? undefined : BY_NUMBER[errno];
  if (byNumber !== undefined) return byNumber;
  const byCode = BY_CODE[codeOf(thrown) ?? ''];
  if (byCode !== undefined) return byCode;
  if (isPoolTimeout(thrown)) return POOL_TIMEOUT;
  // The driver has no code for a query on a connection that it knows to be dead.
  if (thrown instanceof Error && /connection is in closed state|connection lost/i.test(thrown.message)) {
    return UNREACHABLE;
  }
  return UNKNOWN;
}

function errnoOf(thrown: unknown): number | undefined {
  return fieldOf(thrown, 'errno', 'number');
}

function codeOf(thrown: unknown): string | undefined {
  return fieldOf(thrown, 'code', 'string');
}

/** Name of the unique key that a duplicate met, without the table that MySQL puts before it. */
function keyOf(thrown: unknown): { key?: string } {
  const message = errnoOf(thrown) === 1062 ? fieldOf<string>(thrown, 'sqlMessage', 'string') : undefined;
  const key = message?.match(/for key '(?:[^']*\.)?([^'.]+)'$/)?.[1];
  return key === undefined ? {} : { key };
}

/** What the server said where our table has no words for it. Its text may quote a value, so nowhere else. */
function textOf(thrown: unknown, meaning: Meaning): { text?: string } {
  if (meaning !== UNKNOWN) return {};
  const text = fieldOf<string>(thrown, 'sqlMessage', 'string') ?? (thrown instanceof Error ? thrown.message : '');
  return { text: text.slice(0, 500) };
}

function fieldOf<T extends string | number>(thrown: unknown, name: string, type: 'string' | 'number'): T | undefined {
  if (typeof thrown !== 'object' || thrown === null || !(name in thrown)) return undefined;
  const value: unknown = Reflect.get(thrown, name);
  return typeof value === type ? (value as T) : undefined;
}
