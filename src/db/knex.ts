import knexPackage, { type Knex } from 'knex';
import Mysql2Client from 'knex/lib/dialects/mysql2/index.js';
import { sleep } from '../base/clock.ts';
import { type AppError, upstream } from '../base/errors.ts';
import { dbLog } from '../base/logger.ts';
import { SECOND } from '../base/units.ts';
import type { DatabaseConfig } from '../config/config.ts';
import { isConnectionLost, isContention, isPoolTimeout, noConnectionMade, toDatabaseError } from './errors.ts';

export type { Knex };

const CONNECT_WITHIN_MS = 5 * SECOND;
/** Above what any statement of ours needs, below what a person waits for. Delete much in batches. */
const STATEMENT_WITHIN_MS = 60 * SECOND;
const ACQUIRE_WITHIN_MS = 10 * SECOND;
const IDLE_MS = 30 * SECOND;
/**
 * A process that stands still in the middle of a transaction, or whose host does, must not keep the rows of its job from
 * those who take over: the server rolls back. Longer than any of ours lies idle, shorter than a lease.
 */
const IDLE_TRANSACTION_S = 15;
const TRANSACTION_ATTEMPTS_MAX = 5;
const RETRY_FIRST_MS = 20;

/** What knex would print. A connection that cannot be made is an error of its caller and needs no line of its own. */
const LOG: Knex.Logger = {
  warn: (message: unknown) => dbLog.debug({ text: String(message) }, 'knex warns'),
  error: (message: unknown) => dbLog.error({ text: String(message) }, 'knex failed'),
  deprecate: (method: string, alternative: string) => dbLog.warn({ method, alternative }, 'knex deprecates'),
  debug: (message: unknown) => dbLog.trace({ text: String(message) }, 'knex'),
};

interface Session {
  query(sql: string, done: (error: Error | null) => void): void;
  readonly stream: { destroy(): void };
}

/**
 * The client of mysql2, whose every query ends within `limitMs` (0: no limit) and fails with an AppError of
 * db/errors.ts; the error of the driver is its cause. A class per limit, because knex makes the client of a transaction
 * from the prototype alone.
 */
function clientWithin(limitMs: number): typeof Mysql2Client {
  return class Client extends Mysql2Client {
    override async query(session: Session, query: unknown): Promise<unknown> {
      try {
        return await answered(session, super.query(session, query) as Promise<unknown>, limitMs);
      } catch (error) {
        throw toDatabaseError(error);
      }
    }

    override async acquireConnection(): Promise<unknown> {
      try {
        return (await super.acquireConnection()) as unknown;
      } catch (error) {
        // A pool that has not given out all it may waits for a database that lets nobody in, not for its users.
        const { pool, config } = this;
        const isFull = pool === undefined || !('numUsed' in pool) || pool.numUsed() >= (config.pool?.max ?? 0);
        throw toDatabaseError(isPoolTimeout(error) && !isFull ? noConnectionMade(error) : error);
      }
    }
  };
}

/**
 * A server that hangs, or a network that swallows packets, would keep its caller for ever. The line is cut, so that
 * what the server may still do under this session is rolled back, and the pool makes a new one.
 */
function answered(session: Session, answer: Promise<unknown>, limitMs: number): Promise<unknown> {
  if (limitMs === 0) return answer;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      session.stream.destroy();
      reject(Object.assign(new Error(`no answer within ${limitMs} ms`), { code: 'PROTOCOL_SEQUENCE_TIMEOUT' }));
    }, limitMs);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

export interface OpenOptions {
  /** A statement that takes longer fails with `db.unreachable`; 0 is no limit, for migrations. */
  readonly statementTimeoutMs?: number;
}

/**
 * A pool of connections. Each session is READ COMMITTED, UTC and strict; BIGINT comes as a number when that is exact,
 * else as a string; DECIMAL as a string; JSON parsed; DATETIME as a Date. The caller closes it with `destroy()`.
 * No connection is made before the first query.
 */
export function openDatabase(config: DatabaseConfig, options: OpenOptions = {}): Knex {
  return knexPackage.knex({
    client: clientWithin(options.statementTimeoutMs ?? STATEMENT_WITHIN_MS),
    // Values, passwords among them, stay out of the messages of errors.
    compileSqlOnError: false,
    log: LOG,
    connection: connectionOf(config),
    pool: {
      // 0: an idle connection outlives a restart of the database and would fail its next user.
      min: 0,
      max: config.poolMax,
      acquireTimeoutMillis: ACQUIRE_WITHIN_MS,
      idleTimeoutMillis: IDLE_MS,
      afterCreate: prepareSession,
    },
  });
}

/**
 * A pool of its own for renewing leases: jobs that wait for all the connections of the other one must not lose their
 * leases for it. The caller closes it.
 */
export function openLeaseDatabase(config: DatabaseConfig): Knex {
  return openDatabase({ ...config, poolMax: 2 });
}

function connectionOf(config: DatabaseConfig): Knex.MySql2ConnectionConfig & { jsonStrings: boolean } {
  return {
    host: config.host,
    port: config.port,
    user: config.user,
    password: config.password.reveal(),
    database: config.name,
    charset: 'utf8mb4',
    timezone: 'Z',
    supportBigNumbers: true,
    dateStrings: false,
    jsonStrings: false,
    multipleStatements: false,
    connectTimeout: CONNECT_WITHIN_MS,
    enableKeepAlive: true,
    // A host that vanished without a word is noticed in half a minute; the kernel's own answer would take hours.
    keepAliveInitialDelay: 10 * SECOND,
  };
}

/**
 * Two statements: the variable of the isolation level has another name on MariaDB < 11.1. The comment is read by MariaDB
 * alone; MySQL has no such variable. Source: MariaDB "Comment Syntax", "idle_transaction_timeout".
 */
function prepareSession(session: Session, done: (error: Error | null, session: Session) => void): void {
  session.query('set session transaction isolation level read committed', (error) => {
    if (error !== null) return done(error, session);
    session.query(
      "set session time_zone = '+00:00', innodb_lock_wait_timeout = 10, " +
        `/*M! idle_transaction_timeout = ${IDLE_TRANSACTION_S}, */ collation_connection = 'utf8mb4_unicode_ci', ` +
        "sql_mode = concat(@@sql_mode, ',STRICT_TRANS_TABLES')",
      (failed) => done(failed, session),
    );
  });
}

export interface TransactionOptions {
  /** `work` may be applied twice without harm, so a commit with unknown outcome is simply repeated. */
  readonly idempotent?: boolean;
  /** A lock conflict is thrown instead of repeated: the caller then does the work in another way. */
  readonly throwsContention?: boolean;
}

/**
 * Runs `work` in a transaction and repeats all of it, up to 5 times, when the server lost it to a lock conflict or the
 * connection broke before COMMIT was sent: nothing was stored. `work` must let errors pass (after a deadlock the
 * server has left the transaction, and what follows would be stored piece by piece), and do nothing but database work.
 *
 * When the connection breaks while COMMIT is under way nobody knows whether it was stored. It is then repeated only
 * with `idempotent`; else the caller gets `db.commit-unknown` and must look.
 *
 * Inside a transaction (`db` is one) `work` joins it, and its owner repeats.
 * @throws upstream `db.commit-unknown`, and what `work` throws.
 */
export async function inTransaction<T>(
  db: Knex,
  work: (trx: Knex.Transaction) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  if (isTransaction(db)) return work(db);
  for (let attempt = 1; ; attempt += 1) {
    const tried = await once(db, work);
    if (!('error' in tried)) return tried.result;
    if (tried.committing && isConnectionLost(tried.error) && options.idempotent !== true) {
      throw commitUnknown(tried.error);
    }
    const again = isConnectionLost(tried.error) || (isContention(tried.error) && options.throwsContention !== true);
    if (!again || attempt === TRANSACTION_ATTEMPTS_MAX) throw tried.error;
    await sleep(RETRY_FIRST_MS * 2 ** attempt * (0.5 + Math.random()));
  }
}

type Tried<T> = { readonly result: T } | { readonly error: unknown; readonly committing: boolean };

/** The form of knex's `transaction` with a function: its other form swallows a failed COMMIT. */
async function once<T>(db: Knex, work: (trx: Knex.Transaction) => Promise<T>): Promise<Tried<T>> {
  let committing = false;
  try {
    const result = await db.transaction(async (trx) => {
      const done = await work(trx);
      committing = true;
      return { done };
    });
    return { result: result.done };
  } catch (error) {
    return { error, committing };
  }
}

function isTransaction(db: Knex): db is Knex.Transaction {
  return db.isTransaction === true;
}

function commitUnknown(cause: unknown): AppError {
  return upstream('db.commit-unknown', 'the connection broke during COMMIT: the change may or may not be stored', {
    hint: 'look at the row before repeating the request',
    cause,
  });
}
