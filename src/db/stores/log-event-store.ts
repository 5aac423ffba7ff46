import type { Knex } from 'knex';
import { change, select } from '../sql.ts';

/**
 * log_events: what happened to jobs, for people. Ids grow, but a row of a smaller id may become visible after one of a
 * larger id: a number is given out when a row is inserted, and the row is seen when its transaction commits. Rows of
 * ONE job are an exception: whoever writes one holds the row of the job, so they become visible in the order of ids.
 */

export const LOG_LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogEventRecord {
  readonly id: number;
  readonly jobId: string | null;
  readonly level: LogLevel;
  /** A fixed lower-case phrase. */
  readonly message: string;
  readonly attrs: Readonly<Record<string, unknown>> | null;
  readonly ts: Date;
}

interface LogRow {
  id: number;
  job_id: string | null;
  level: LogLevel;
  message: string;
  attrs_json: string | null;
  ts: Date;
}

const COLUMNS = 'id, job_id, level, message, CAST(attrs AS CHAR) AS attrs_json, ts';

/** Rows after an id, ascending; of all jobs. */
export async function logEventsAfter(
  db: Knex,
  page: { readonly afterId: number; readonly upToId?: number; readonly limit: number },
): Promise<LogEventRecord[]> {
  const upToId = page.upToId ?? Number.MAX_SAFE_INTEGER;
  return read(db, 'WHERE id > ? AND id <= ? ORDER BY id LIMIT ?', [page.afterId, upToId, page.limit]);
}

/** Rows of one job after an id, ascending. */
export async function logEventsOfJob(
  db: Knex,
  page: { readonly jobId: string; readonly afterId: number; readonly upToId?: number; readonly limit: number },
): Promise<LogEventRecord[]> {
  const upToId = page.upToId ?? Number.MAX_SAFE_INTEGER;
  // Left to itself the server may walk the whole table in the order of ids for the sake of LIMIT.
  return read(db, 'FORCE INDEX (idx_job_level) WHERE job_id = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?', [
    page.jobId,
    page.afterId,
    upToId,
    page.limit,
  ]);
}

/** The newest rows of one job, ascending. */
export async function newestLogEventsOfJob(db: Knex, jobId: string, limit: number): Promise<LogEventRecord[]> {
  const rows = await read(db, 'FORCE INDEX (idx_job_level) WHERE job_id = ? ORDER BY id DESC LIMIT ?', [jobId, limit]);
  return rows.reverse();
}

/** The largest id that is visible; 0 when there is none. */
export async function newestLogEventId(db: Knex): Promise<number> {
  const rows = await select<{ id: number | null }>(db, 'SELECT MAX(id) AS id FROM log_events');
  return Number(rows[0]?.id ?? 0);
}

/** The id of the newest row that is older than `ageMs`; 0 when there is none. */
export async function logEventIdBefore(db: Knex, ageMs: number): Promise<number> {
  const rows = await select<{ id: number }>(
    db,
    'SELECT id FROM log_events WHERE ts <= NOW(6) - INTERVAL ? MICROSECOND ORDER BY ts DESC, id DESC LIMIT 1',
    [ageMs * 1000],
  );
  return Number(rows[0]?.id ?? 0);
}

async function read(db: Knex, rest: string, bindings: readonly (string | number)[]): Promise<LogEventRecord[]> {
  const rows = await select<LogRow>(db, `SELECT ${COLUMNS} FROM log_events ${rest}`, bindings);
  return rows.map((row) => ({
    id: Number(row.id),
    jobId: row.job_id,
    level: row.level,
    message: row.message,
    attrs: attrsOf(row.attrs_json),
    ts: row.ts,
  }));
}

/** The column takes any JSON; anything but an object would be somebody else's row. */
function attrsOf(json: string | null): Record<string, unknown> | null {
  if (json === null) return null;
  const value = JSON.parse(json) as unknown;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}

/** Lines about one job, in their order. Nothing when the job is not there (any more). The row of the job is locked. */
export async function insertLogLines(
  trx: Knex.Transaction,
  jobId: string,
  lines: readonly { level: LogLevel; message: string; attrs: string; ts: Date }[],
): Promise<void> {
  const jobs = await select<unknown>(trx, 'SELECT 1 FROM job_tracking WHERE id = ? FOR UPDATE', [jobId]);
  if (jobs.length === 0 || lines.length === 0) return;
  await trx('log_events').insert(
    lines.map(({ level, message, attrs, ts }) => ({ job_id: jobId, level, message, attrs, ts })),
  );
}

/** Deletes the oldest rows beyond that age. @returns how many */
export async function pruneLogEvents(
  db: Knex,
  which: { readonly olderThanDays: number; readonly limit: number },
): Promise<number> {
  return change(db, 'DELETE FROM log_events WHERE ts < NOW(6) - INTERVAL ? DAY ORDER BY ts LIMIT ?', [
    which.olderThanDays,
    which.limit,
  ]);
}
