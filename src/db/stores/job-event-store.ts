import type { Knex } from 'knex';
import { change, insertAll } from '../sql.ts';
import type { LogLevel } from './log-event-store.ts';

export interface JobEvent {
  readonly level: LogLevel;
  /** A fixed lower-case phrase; facts go into `attrs`, in snake_case. Members that are null are left out. */
  readonly message: string;
  readonly attrs?: Readonly<Record<string, unknown>>;
  /** Name of the step that it is about; its row exists. */
  readonly step?: string;
  /** Nothing is written about a job that has ended. */
  readonly unlessClosed?: boolean;
}

/**
 * Writes an event of a job's life in the very transaction that makes it true: neither lost nor told twice. Epoch,
 * attempt, context and worker are taken from the row as it is then, which the caller holds: that also keeps the events
 * of one job in the order of their ids.
 */
export async function recordJobEvent(trx: Knex.Transaction, jobId: string, event: JobEvent): Promise<void> {
  await change(
    trx,
    `INSERT INTO log_events (job_id, step_id, level, message, attrs, ts, external_job_id)
     SELECT job.id, step.id, ?, ?,
            JSON_MERGE_PATCH('{}', JSON_OBJECT('epoch', job.lease_epoch, 'attempt', job.attempt, 'context_id', job.context_id,
              'worker', job.lease_owner, 'step', step.name, 'runs', step.runs), ?),
            NOW(6), job.external_job_id
       FROM job_tracking job LEFT JOIN job_steps step ON step.job_id = job.id AND step.name = ?
      WHERE job.id = ? ${event.unlessClosed === true ? "AND job.dispatch_state <> 'closed'" : ''}`,
    [event.level, event.message, JSON.stringify(event.attrs ?? {}), event.step ?? '', jobId],
  );
}

/** An event of a job whose row this transaction has just inserted: nobody has claimed it. */
export interface FirstEvent extends Pick<JobEvent, 'level' | 'message' | 'attrs'> {
  readonly jobId: string;
  readonly contextId: string | null;
  readonly externalJobId: string | null;
}

const FIRST_ROW = { job_id: '?', level: '?', message: '?', attrs: '?', ts: 'NOW(6)', external_job_id: '?' };

/** The same for new jobs, in one statement that reads nothing. */
export async function recordFirstEvents(trx: Knex.Transaction, events: readonly FirstEvent[]): Promise<void> {
  const rows = events.map(({ jobId, contextId, externalJobId, level, message, attrs }) => {
    const facts = Object.entries({ epoch: 0, attempt: 0, context_id: contextId, ...attrs });
    const told = Object.fromEntries(facts.filter(([, value]) => value !== null));
    return [jobId, level, message, JSON.stringify(told), externalJobId];
  });
  await insertAll(trx, { table: 'log_events', columns: FIRST_ROW }, rows);
}
