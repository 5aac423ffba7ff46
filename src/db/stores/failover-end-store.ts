import type { Knex } from 'knex';
import { raw } from 'objection';
import type { AppError } from '../../base/errors.ts';
import type { Leftover } from '../../domain/failover/leftover.ts';
import { OUTCOMES } from '../../domain/failover/status.ts';
import { FailoverJob } from '../models/failover-jobs.ts';
import { JobTracking } from '../models/job-tracking.ts';
import { VmReplicationContext } from '../models/vm-replication-contexts.ts';
import { select } from '../sql.ts';
import { lockContext } from './context-store.ts';
import { leftoversOf } from './failover-leftovers.ts';
import { leaveContext, summarize } from './failover-rows.ts';
import { findFailover, noteFailover, setStatus, type FailoverRecord } from './failover-store.ts';
import { hasUsableCopy } from './usable-copy.ts';

/** What the way back from a failover, and its commit, read and write. */

/** How the failover itself had ended, whatever was done about it since. */
export async function failoverEnded(db: Knex, failoverJobId: string): Promise<'completed' | 'failed'> {
  const [status] = await db('job_tracking').where('id', failoverJobId).pluck<string[]>('status');
  return status === 'completed' ? 'completed' : 'failed';
}

/** What a step of that job returned; undefined when it has not ended. */
export async function stepOutput(db: Knex, jobId: string, name: string): Promise<unknown> {
  const [row] = await select<{ output: string | null }>(
    db,
    "SELECT CAST(output AS CHAR) AS output FROM job_steps WHERE job_id = ? AND name = ? AND status = 'completed'",
    [jobId, name],
  );
  return row?.output === undefined || row.output === null ? undefined : (JSON.parse(row.output) as unknown);
}

/** Everything came back. A VM without a usable copy has to be replicated before anything else: it is `failed`. */
export async function leaveRolledBack(trx: Knex.Transaction, contextId: string, type: 'live' | 'test'): Promise<void> {
  if (await hasUsableCopy(trx, contextId)) return leaveContext(trx, contextId, `${type}-rolled-back`);
  await VmReplicationContext.query(trx)
    .findById(contextId)
    .patch({ currentStatus: 'failed', lastStatusChange: raw('now(3)') });
}

type EndOutcome =
  { readonly status: 'completed' } | { readonly status: 'failed' | 'cancelled'; readonly error: AppError };

/** Once: a rollback ended. One that had not begun leaves everything as it was; one that stopped half way names the rest. */
export async function rollbackSettled(trx: Knex.Transaction, jobId: string, outcome: EndOutcome): Promise<void> {
  const tracked = await JobTracking.query(trx).findById(jobId);
  const row = await FailoverJob.query(trx).findOne({ rolled_back_by: jobId });
  if (tracked === undefined || row === undefined) return;
  if (outcome.status !== 'completed') {
    const hasBegun = row.status === 'reverting' || row.status === 'cleanup';
    if (!hasBegun) return noteFailover(trx, row.jobId, { rolledBackBy: null });
    await setStatus(trx, row.jobId, { status: OUTCOMES['rollback-incomplete'].failoverJobs });
    const remaining = merged(await leftoversOf(trx, row), row.remaining);
    const errorMessage = `${outcome.error.message} (${outcome.error.code})`;
    await noteFailover(trx, row.jobId, { remaining, errorMessage });
    if (row.vmContextId !== null) await leaveContext(trx, row.vmContextId, 'rollback-incomplete');
  }
  await summarize(trx, { tracked, row, outcome, operation: 'rollback' });
}

/** Once: a commit ended. One that stopped after its decision is repeated, and names the snapshots that it has left. */
export async function commitSettled(trx: Knex.Transaction, jobId: string, outcome: EndOutcome): Promise<void> {
  const tracked = await JobTracking.query(trx).findById(jobId);
  const { failoverJobId } = Object(tracked?.payload) as { readonly failoverJobId?: string };
  const row = await FailoverJob.query(trx).findOne({ job_id: failoverJobId ?? '' });
  // One that was refused has changed nothing.
  if (tracked === undefined || row === undefined || row.committedAt === null) return;
  if (outcome.status === 'completed') await noteFailover(trx, row.jobId, { remaining: null, errorMessage: null });
  else {
    const snapshots = (await leftoversOf(trx, row)).filter(({ kind }) => kind === 'snapshot');
    const what = 'the failover is committed and this snapshot of it is still there: commit again deletes it';
    const errorMessage = `${outcome.error.message} (${outcome.error.code})`;
    await noteFailover(trx, row.jobId, { remaining: snapshots.map((left) => ({ ...left, what })), errorMessage });
  }
  await summarize(trx, { tracked, row, outcome, operation: 'commit' });
}

/** What was noted when it happened says more than what the rows show afterwards. */
function merged(shown: readonly Leftover[], noted: unknown): Leftover[] {
  const known = Array.isArray(noted) ? (noted as Leftover[]) : [];
  const isNoted = (one: Leftover): boolean => known.some(({ kind, id }) => kind === one.kind && id === one.id);
  return [...known, ...shown.filter((one) => !isNoted(one))];
}

/**
 * Whether this failover is still what a timer found: its end is asked for by nobody else. Locks the VM's row, and writes
 * down whose rollback it is.
 */
export async function lockStanding(trx: Knex.Transaction, contextId: string, failoverJobId: string): Promise<boolean> {
  const context = await lockContext(trx, contextId);
  const failover = await findFailover(trx, failoverJobId);
  if (context === undefined || failover === undefined) return false;
  return context.currentStatus === OUTCOMES[`${failover.jobType}-completed`].context && isUndecided(failover);
}

const isUndecided = ({ status, rolledBackBy, committedAt }: FailoverRecord): boolean =>
  status === 'completed' && rolledBackBy === null && committedAt === null;
