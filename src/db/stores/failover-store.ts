import type { Knex } from 'knex';
import type { QueryBuilder } from 'objection';
import { z } from 'zod';
import { notFound } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import type { ContextStatus } from '../../domain/context-status.ts';
import { assertMayFailOver } from '../../domain/failover/accept.ts';
import { Leftover } from '../../domain/failover/leftover.ts';
import type { FailoverOptions } from '../../domain/failover/options.ts';
import { FAILOVER_STATUSES, isActive, percentOf, type FailoverStatus } from '../../domain/failover/status.ts';
import { FailoverJob } from '../models/failover-jobs.ts';
import { VmReplicationContext } from '../models/vm-replication-contexts.ts';
import { lockContext, sourceInventory } from './context-store.ts';
import { hasUsableCopy } from './usable-copy.ts';

/** Rows of failover_jobs: what was asked for, how far it is, and what came of it. */

/** Everything; the model itself does not leave src/db. */
export type FailoverRecord = Pick<
  FailoverJob,
  | 'id'
  | 'jobId'
  | 'vmId'
  | 'vmContextId'
  | 'replicationJobId'
  | 'status'
  | 'sourceVmName'
  | 'sourceVmSpec'
  | 'destinationVmId'
  | 'destinationVmName'
  | 'osseaSnapshotId'
  | 'networkMappings'
  | 'errorMessage'
  | 'progressPercent'
  | 'currentStep'
  | 'createdAt'
  | 'updatedAt'
  | 'startedAt'
  | 'completedAt'
  | 'options'
  | 'autoCleanup'
  | 'testExpiresAt'
  | 'commitPolicy'
  | 'commitDueAt'
  | 'committedAt'
  | 'bootVerdict'
  | 'lossSeconds'
  | 'conversion'
  | 'remaining'
  | 'sourcePower'
  | 'rolledBackBy'
> & { readonly jobType: 'live' | 'test' };

const records = async (query: QueryBuilder<FailoverJob>): Promise<FailoverRecord[]> =>
  (await query).map((row) => ({ ...row.toJSON(), jobType: row.jobType === 'test' ? 'test' : 'live' }));

/** Values that a failover writes about itself, and what follows it. What is left out stays as it is. */
export interface FailoverNote {
  readonly destinationVmId?: string | null;
  readonly destinationVmName?: string;
  readonly osseaSnapshotId?: string | null;
  readonly errorMessage?: string | null;
  readonly testExpiresAt?: Date | null;
  readonly commitDueAt?: Date | null;
  readonly committedAt?: Date | null;
  readonly bootVerdict?: object | null;
  readonly lossSeconds?: number | null;
  readonly conversion?: object | null;
  readonly remaining?: readonly object[] | null;
  readonly sourcePower?: object | null;
  readonly rolledBackBy?: string | null;
}

/**
 * The row of a failover that is being submitted, with what it will go by. The row of the ledger, which holds the VM
 * (I9), must have been inserted before.
 * @throws not-found `context.unknown`; and what assertMayFailOver throws
 */
export async function insertFailover(
  trx: Knex.Transaction,
  jobId: string,
  asked: { readonly contextId: string; readonly options: FailoverOptions },
): Promise<void> {
  const { contextId, options } = asked;
  const context = await lockContext(trx, contextId);
  if (context === undefined) throw notFound('context.unknown', `there is no VM context ${contextId}`);
  const subject = {
    contextId,
    status: context.currentStatus,
    hasUsableCopy: await hasUsableCopy(trx, contextId),
  };
  assertMayFailOver(subject, options);
  const { vmName, vmwareVmId } = context;
  await FailoverJob.query(trx).insert({
    jobId,
    vmId: vmwareVmId,
    vmContextId: contextId,
    replicationJobId: context.lastSuccessfulJobId,
    jobType: options.type,
    status: 'pending' satisfies FailoverStatus,
    sourceVmName: vmName,
    sourceVmSpec: await sourceInventory(trx, contextId),
    networkMappings: options.networks,
    options,
    autoCleanup: options.autoCleanup,
    commitPolicy: options.commit?.then ?? null,
  });
  const summary = {
    job_id: jobId,
    operation_type: `${options.type}_failover`,
    status: 'pending',
    progress: 0,
    timestamp: new Date().toISOString(),
  };
  await VmReplicationContext.query(trx).findById(contextId).patch({ lastOperationSummary: summary });
}

/** By the id of its job. */
export async function findFailover(db: Knex, jobId: string): Promise<FailoverRecord | undefined> {
  return (await records(FailoverJob.query(db).where({ job_id: jobId })))[0];
}

/** By the id of its job in the ledger, by the id that its caller gave it, or by its own, in this order. */
export async function findFailoverByAnyId(db: Knex, id: string): Promise<FailoverRecord | undefined> {
  const jobs = await db('job_tracking').where('id', id).orWhere('external_job_id', id).limit(2).pluck<string[]>('id');
  const known = jobs.includes(id) ? id : (jobs[0] ?? id);
  return findFailover(db, known);
}

export async function newestFailover(db: Knex, contextId: string): Promise<FailoverRecord | undefined> {
  const query = FailoverJob.query(db).where({ vm_context_id: contextId }).orderBy('id', 'desc').limit(1);
  return (await records(query))[0];
}

/** The failover of this VM that a job works on now. */
export async function activeFailover(db: Knex, contextId: string): Promise<FailoverRecord | undefined> {
  const query = FailoverJob.query(db)
    .where({ vm_context_id: contextId })
    .whereIn('status', ACTIVE)
    .orderBy('id', 'desc')
    .limit(1);
  return (await records(query))[0];
}

const ACTIVE: readonly string[] = FAILOVER_STATUSES.filter(isActive);

export interface FailoverFilter {
  readonly type?: 'live' | 'test' | undefined;
  readonly status?: string | undefined;
  /** Context id, id of the VM at its source, or its name. */
  readonly vm?: string | undefined;
}

/** One page, newest first, and how many there are in all. `beforeId` is the row id of the last of the page before. */
export async function listFailovers(
  db: Knex,
  page: FailoverFilter & { readonly limit: number; readonly beforeId?: number | undefined },
): Promise<{ readonly total: number; readonly rows: FailoverRecord[] }> {
  const query = FailoverJob.query(db);
  if (page.type !== undefined) void query.where({ job_type: page.type });
  if (page.status !== undefined) void query.where({ status: page.status });
  const { vm } = page;
  if (vm !== undefined) {
    void query.where((any) => void any.where('vm_context_id', vm).orWhere('vm_id', vm).orWhere('source_vm_name', vm));
  }
  const total = await query.clone().resultSize();
  if (page.beforeId !== undefined) void query.where('id', '<', page.beforeId);
  return { total, rows: await records(query.orderBy('id', 'desc').limit(page.limit)) };
}

/**
 * The last failovers of VMs that are not where they are replicated, newest first: those that stand, and those that left
 * something behind.
 */
export async function undecidedFailovers(
  db: Knex,
  limit: number,
): Promise<{ readonly total: number; readonly rows: FailoverRecord[] }> {
  const query = FailoverJob.query(db).whereRaw(
    `id IN (SELECT max(failover.id)
              FROM failover_jobs failover JOIN vm_replication_contexts vm ON vm.context_id = failover.vm_context_id
             WHERE vm.current_status IN (?, ?, ?) GROUP BY failover.vm_context_id)`,
    ['failed_over_test', 'failed_over_live', 'cleanup_required'] satisfies ContextStatus[],
  );
  const total = await query.clone().resultSize();
  return { total, rows: await records(query.orderBy('id', 'desc').limit(limit)) };
}

/** Where it stands. A status that has no percent of its own keeps the last one. */
export async function setStatus(
  trx: Knex.Transaction,
  jobId: string,
  now: { readonly status?: FailoverStatus | undefined; readonly currentStep?: string | undefined },
): Promise<void> {
  const { status, currentStep } = now;
  const percent = status === undefined ? null : percentOf(status);
  await trx('failover_jobs')
    .where('job_id', jobId)
    .update({
      updated_at: trx.raw('now(3)'),
      ...(status === undefined ? {} : { status }),
      ...(currentStep === undefined ? {} : { current_step: currentStep }),
      ...(percent === null ? {} : { progress_percent: percent }),
      ...(status === 'completed' || status === 'failed'
        ? { completed_at: trx.raw('coalesce(completed_at, now(3))') }
        : {}),
    });
}

/** How far the job itself is, as lists of jobs show it, 0 to 100; never less than before. */
export async function raisePercent(trx: Knex.Transaction, jobId: string, percent: number): Promise<void> {
  await trx('job_tracking')
    .where('id', jobId)
    .update({
      percent_complete: trx.raw('greatest(coalesce(percent_complete, 0), ?)', [percent]),
      updated_at: trx.raw('now(6)'),
    });
}

export async function noteFailover(trx: Knex.Transaction, jobId: string, note: FailoverNote): Promise<void> {
  const { remaining, ...rest } = note;
  const patch = { ...rest, ...(remaining === undefined ? {} : { remaining }) };
  if (Object.keys(patch).length > 0) await FailoverJob.query(trx).where({ job_id: jobId }).patch(patch);
}

/** Something that could not be undone; said again of the same thing it changes nothing. */
export async function noteLeftover(trx: Knex.Transaction, jobId: string, leftover: Leftover): Promise<void> {
  const row = await FailoverJob.query(trx).select('remaining').findOne({ job_id: jobId }).forUpdate();
  const known = Leftovers.parse(row?.remaining ?? []);
  const others = known.filter(({ kind, id }) => kind !== leftover.kind || id !== leftover.id);
  await noteFailover(trx, jobId, { remaining: [...others, leftover] });
}

const Leftovers = z.array(Leftover);

/** From now, by the clock of the database. */
export async function setDue(
  trx: Knex.Transaction,
  jobId: string,
  due: { readonly testInMs: number | null; readonly commitInMs: number | null },
): Promise<void> {
  const at = (ms: number | null): Knex.Raw | null =>
    ms === null ? null : trx.raw('now(3) + interval ? second', [Math.ceil(ms / SECOND)]);
  await trx('failover_jobs')
    .where('job_id', jobId)
    .update({ test_expires_at: at(due.testInMs), commit_due_at: at(due.commitInMs) });
}

/** Tests whose time is over and that are to be cleaned up by us; nobody has begun to. */
export async function dueTests(db: Knex, limit: number): Promise<FailoverRecord[]> {
  const query = FailoverJob.query(db)
    .where({ job_type: 'test', status: 'completed', auto_cleanup: true })
    .whereNull('rolled_back_by')
    .whereRaw('test_expires_at <= now(3)')
    .orderBy('test_expires_at')
    .limit(limit);
  return records(query);
}

/** Live failovers that nobody has decided about in time. */
export async function dueCommits(db: Knex, limit: number): Promise<FailoverRecord[]> {
  const query = FailoverJob.query(db)
    .where({ job_type: 'live', status: 'completed' })
    .whereNull('rolled_back_by')
    .whereNull('committed_at')
    .whereRaw('commit_due_at <= now(3)')
    .orderBy('commit_due_at')
    .limit(limit);
  return records(query);
}
