import type { Knex } from 'knex';
import { lockJob, type JobRecord } from './job-rows.ts';
import { select } from '../sql.ts';

/** One claim of one job: the right to act for it. */
export interface Hold {
  readonly jobId: string;
  readonly epoch: number;
}

/** What the ledger says about a job that this process believes it holds. */
export interface HoldState {
  readonly held: boolean;
  /** Somebody asked for its end, and it has not turned back yet. */
  readonly cancelRequested: boolean;
  readonly cancelReason: string | null;
}

const HELD = "status = 'running' AND dispatch_state = 'claimed' AND lease_expires_at > NOW(6)";

export interface Renewal {
  readonly renewed: readonly Hold[];
  readonly lost: readonly Hold[];
}

/**
 * Renews the leases of all these holds together. A lease that has run out is not renewed, even when nobody took the
 * job yet: its holder must have stopped by then. A row that a transaction of ours holds just now is in neither list,
 * so that one long write cannot cost the others their leases: ask again soon.
 */
export async function renewLeases(db: Knex, holds: readonly Hold[], leaseMs: number): Promise<Renewal> {
  if (holds.length === 0) return { renewed: [], lost: [] };
  const renewed = await db.transaction(async (trx) => {
    const rows = await select<{ id: string; lease_epoch: number | string }>(
      trx,
      `SELECT id, lease_epoch FROM job_tracking WHERE id IN (${marks(holds)}) AND ${HELD} FOR UPDATE SKIP LOCKED`,
      holds.map((hold) => hold.jobId),
    );
    const epochs = new Map(rows.map((row) => [row.id, Number(row.lease_epoch)]));
    const ours = holds.filter((hold) => epochs.get(hold.jobId) === hold.epoch);
    if (ours.length > 0) {
      await extendAll(trx, ours, leaseMs);
    }
    return ours;
  });
  if (renewed.length === holds.length) return { renewed, lost: [] };
  const states = await readHolds(db, holds);
  const lost = holds.filter((hold) => !renewed.includes(hold) && states.get(hold.jobId)?.held !== true);
  return { renewed, lost };
}

/** For a row that the caller holds and has proven his: see lockHeld. */
export const extendLease = (trx: Knex.Transaction, hold: Hold, leaseMs: number): Promise<void> =>
  extendAll(trx, [hold], leaseMs);

async function extendAll(trx: Knex.Transaction, holds: readonly Hold[], leaseMs: number): Promise<void> {
  await trx.raw(
    `UPDATE job_tracking SET lease_expires_at = NOW(6) + INTERVAL ? MICROSECOND WHERE id IN (${marks(holds)})`,
    [leaseMs * 1000, ...holds.map((hold) => hold.jobId)],
  );
}

/** State of each hold, by job id, in one query. */
export async function readHolds(db: Knex, holds: readonly Hold[]): Promise<ReadonlyMap<string, HoldState>> {
  if (holds.length === 0) return new Map();
  interface Row {
    id: string;
    lease_epoch: number | string;
    held: number;
    cancel_requested: number;
    cancel_reason: string | null;
  }
  const rows = await select<Row>(
    db,
    `SELECT id, lease_epoch, ${HELD} AS held, cancel_reason,
            cancel_requested_at IS NOT NULL AND COALESCE(workflow_direction, 'forward') <> 'undo' AS cancel_requested
       FROM job_tracking WHERE id IN (${marks(holds)})`,
    holds.map((hold) => hold.jobId),
  );
  const epochs = new Map(holds.map((hold) => [hold.jobId, hold.epoch]));
  return new Map(
    rows.map((row) => [
      row.id,
      {
        held: row.held === 1 && Number(row.lease_epoch) === epochs.get(row.id),
        cancelRequested: row.cancel_requested === 1,
        cancelReason: row.cancel_reason,
      },
    ]),
  );
}

/**
 * The row of a job, locked and proven ours, or undefined when it is not: another epoch, another state, a lease that
 * has run out. Every write about a running job starts here (I3).
 */
export async function lockHeld(trx: Knex.Transaction, hold: Hold): Promise<JobRecord | undefined> {
  const job = await lockJob(trx, hold.jobId);
  if (job === undefined || job.leaseEpoch !== hold.epoch || job.dispatchState !== 'claimed') return undefined;
  const rows = await select<{ live: number }>(
    trx,
    'SELECT lease_expires_at > NOW(6) AS live FROM job_tracking WHERE id = ?',
    [hold.jobId],
  );
  return rows[0]?.live === 1 ? job : undefined;
}

/** Ends the claim: who owned it is history, the epoch stays. For statements of the other files of this folder. */
export const RELEASE = 'lease_owner = NULL, lease_expires_at = NULL, updated_at = NOW(6)';

const marks = (holds: readonly Hold[]): string => holds.map(() => '?').join(', ');
