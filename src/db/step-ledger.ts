import type { Knex } from 'knex';
import { cancelled, type AppError } from '../base/errors.ts';
import { change, select } from './sql.ts';
import { recordJobEvent, type JobEvent } from './stores/job-event-store.ts';
import { textOf, turnBackInHand } from './stores/job-settle.ts';

/**
 * job_steps of one job, and the direction of its workflow: the StepLedger of workflow/ledger.ts on MySQL. Every write
 * runs in a transaction that proves the epoch of the job first, so a worker that lost its lease changes nothing.
 */

/** Runs `work` in a transaction that holds the job's row; throws `job.lease-lost` when the job is not ours any more. */
export type Fenced = <T>(work: (trx: Knex.Transaction) => Promise<T>) => Promise<T>;

type StepState = 'begun' | 'done' | 'failed' | 'skipped' | 'undone';

interface StepRow {
  name: string;
  status: 'running' | 'completed' | 'failed' | 'skipped';
  undone: number;
  output_json: string | null;
  runs: number;
}

const STATE_OF = { running: 'begun', completed: 'done', failed: 'failed', skipped: 'skipped' } as const;

export interface StepLedgerOfJob {
  load(): Promise<{
    readonly workflow: {
      readonly direction: 'forward' | 'undo';
      readonly committed: boolean;
      readonly reason: string | null;
    };
    readonly steps: readonly {
      readonly name: string;
      readonly state: StepState;
      readonly output: unknown;
      readonly runs: number;
    }[];
  }>;
  begin(name: string): Promise<void>;
  done(
    name: string,
    end: {
      readonly output: unknown;
      readonly commit: boolean;
      readonly rows?: ((trx: Knex.Transaction) => Promise<void>) | undefined;
    },
  ): Promise<void>;
  skipped(name: string): Promise<void>;
  failed(name: string, error: string): Promise<void>;
  undone(name: string): Promise<void>;
  turnBack(error: AppError): Promise<void>;
}

export function stepLedger(db: Knex, jobId: string, fenced: Fenced): StepLedgerOfJob {
  const put = (event: JobEvent, sql: string, bindings: readonly Knex.Value[]): Promise<void> =>
    fenced(async (trx) => {
      if ((await change(trx, sql, bindings)) > 0) await recordJobEvent(trx, jobId, event);
    });
  return {
    load: () => load(db, jobId),
    begin: (name) => put(stepEvent('begun', name), enter(STEP_BEGUN), [jobId, name, 'running', 1, 1, jobId]),
    skipped: (name) => put(stepEvent('skipped', name), enter(STEP_SKIPPED), [jobId, name, 'skipped', 0, 0, jobId]),
    done: (name, end) =>
      fenced(async (trx) => {
        if (end.commit) await commitWorkflow(trx, jobId);
        await end.rows?.(trx);
        await change(
          trx,
          `UPDATE job_steps SET status = 'completed', output = ?, error_message = NULL, completed_at = NOW(6)
            WHERE job_id = ? AND name = ?`,
          [JSON.stringify(end.output ?? null), jobId, name],
        );
        await recordJobEvent(trx, jobId, stepEvent('done', name));
      }),
    failed: (name, error) =>
      put(
        { ...stepEvent('failed', name), level: 'WARN', attrs: { reason: error } },
        "UPDATE job_steps SET status = 'failed', error_message = ?, completed_at = NOW(6) WHERE job_id = ? AND name = ?",
        [error, jobId, name],
      ),
    undone: (name) =>
      put(stepEvent('undone', name), 'UPDATE job_steps SET undone_at = NOW(6) WHERE job_id = ? AND name = ?', [
        jobId,
        name,
      ]),
    turnBack: (error) => fenced((trx) => turnBackInHand(trx, jobId, textOf(error))),
  };
}

const stepEvent = (what: StepState, step: string): JobEvent => ({ level: 'INFO', message: `step ${what}`, step });

/** The row is locked: a cancel was noted before this and wins, or comes after it and finds that it is too late. */
async function commitWorkflow(trx: Knex.Transaction, jobId: string): Promise<void> {
  const rows = await select<{ cancelled: number; reason: string | null }>(
    trx,
    'SELECT cancel_requested_at IS NOT NULL AS cancelled, cancel_reason AS reason FROM job_tracking WHERE id = ?',
    [jobId],
  );
  if (rows[0]?.cancelled === 1) throw cancelled('job.cancelled', rows[0].reason ?? 'cancelled on request');
  await change(trx, 'UPDATE job_tracking SET workflow_committed_at = NOW(6) WHERE id = ?', [jobId]);
}

/** `started_at` stays: a step that waited for its children, or was begun by a worker that died, took all that time. */
const STEP_BEGUN = "status = 'running', runs = runs + 1, completed_at = NULL, error_message = NULL";
const STEP_SKIPPED = "status = 'skipped', completed_at = NOW(6)";

/** Steps are numbered in the order in which they are first entered; the row of the job is locked, so no two are alike. */
const enter = (onAgain: string): string => `
  INSERT INTO job_steps (job_id, name, status, runs, started_at, completed_at, seq)
  SELECT ?, ?, ?, ?, NOW(6), IF(? = 0, NOW(6), NULL), COALESCE(MAX(seq), 0) + 1
    FROM job_steps AS entered WHERE job_id = ?
  ON DUPLICATE KEY UPDATE ${onAgain}`;

async function load(db: Knex, jobId: string): ReturnType<StepLedgerOfJob['load']> {
  const jobs = await select<{ direction: string | null; committed: number; reason: string | null }>(
    db,
    `SELECT workflow_direction AS direction, workflow_committed_at IS NOT NULL AS committed, workflow_reason AS reason
       FROM job_tracking WHERE id = ?`,
    [jobId],
  );
  const steps = await select<StepRow>(
    db,
    `SELECT name, status, undone_at IS NOT NULL AS undone, CAST(output AS CHAR) AS output_json, runs
       FROM job_steps WHERE job_id = ? ORDER BY seq`,
    [jobId],
  );
  const job = jobs[0];
  return {
    workflow: {
      direction: job?.direction === 'undo' ? 'undo' : 'forward',
      committed: job?.committed === 1,
      reason: job?.reason ?? null,
    },
    steps: steps.map((step) => ({
      name: step.name,
      state: step.undone === 1 ? 'undone' : STATE_OF[step.status],
      output: step.output_json === null ? undefined : (JSON.parse(step.output_json) as unknown),
      runs: step.runs,
    })),
  };
}
