import type { Knex } from 'knex';
import type { PartialModelObject } from 'objection';
import { AppError, notFound, precondition } from '../../base/errors.ts';
import { invariant } from '../../base/invariant.ts';
import { assertMayReplicate, replicationQueue } from '../../domain/accept-replication.ts';
import type { SourceVm } from '../../domain/source-vm.ts';
import { select } from '../sql.ts';
import { ReplicationJob } from '../models/replication-jobs.ts';
import { VmReplicationContext } from '../models/vm-replication-contexts.ts';
import { lockContext, updateInventory, type ContextRecord } from './context-store.ts';
import { assignDisks, listDisks, reassignDisks } from './disk-store.ts';

/** The rows of the domain that a replication begins with: written in the transaction that makes its job, or not at all. */

export interface AcceptedReplication {
  readonly contextId: string;
  /** As chosen before the transaction; it must still be right inside it. */
  readonly queue: 'replicate' | 'sync-cbt';
  readonly osseaConfigId: number;
  readonly targetNetwork: string | null;
  /** What the source says; without it, the disks are those that the VM had last time. */
  readonly vm: SourceVm | undefined;
  /** Whether the request brought `vm`, and it is to be remembered. */
  readonly isNews: boolean;
}

/** Another replication ended since the queue was chosen: choose again. Never leaves the API. */
const QUEUE_CHANGED = 'replication.queue-changed';

export const isQueueChanged = (thrown: unknown): boolean => thrown instanceof AppError && thrown.code === QUEUE_CHANGED;

/**
 * Writes replication_jobs, vm_disks and the VM's own row, and returns when that was.
 * The row of the job in job_tracking, which holds the VM (I9), must have been inserted before.
 * @throws conflict `replication.not-allowed`; notFound `context.unknown`; precondition `replication.no-disks`
 */
export async function insertReplication(
  trx: Knex.Transaction,
  jobId: string,
  accepted: AcceptedReplication,
): Promise<Date> {
  const context = await lockContext(trx, accepted.contextId);
  if (context === undefined) throw contextUnknown(accepted.contextId);
  assertMayReplicate({ contextId: context.contextId, status: context.currentStatus });

  const disks = await listDisks(trx, { vm_context_id: context.contextId });
  if (replicationQueue(disks.map((disk) => disk.diskChangeId)) !== accepted.queue) {
    throw new AppError('conflict', [QUEUE_CHANGED, 'the VM was replicated meanwhile']);
  }
  const { now, jobs } = await insertJobRow(trx, jobId, jobRow(context, accepted));

  const target = { jobId, contextId: context.contextId };
  if (accepted.vm !== undefined && accepted.vm.disks.length > 0)
    await assignDisks(trx, target, { vm: accepted.vm, isNews: accepted.isNews });
  else if (disks.length > 0) await reassignDisks(trx, target);
  else throw noDisks(context.contextId);

  if (accepted.vm !== undefined && accepted.isNews) await updateInventory(trx, context.contextId, accepted.vm);
  await occupy(trx, { ...target, now, jobs, firstJobAt: context.firstJobAt, osseaConfigId: accepted.osseaConfigId });
  return now;
}

/** @returns when it was created, by the clock of the database, as all times of jobs are; and how many the VM has now */
async function insertJobRow(
  trx: Knex.Transaction,
  id: string,
  row: PartialModelObject<ReplicationJob>,
): Promise<{ readonly now: Date; readonly jobs: number }> {
  await ReplicationJob.query(trx).insert({ ...row, id });
  const [inserted] = await select<{ now: Date; jobs: number }>(
    trx,
    `select job.created_at as now,
            (select count(*) from replication_jobs of_vm where of_vm.vm_context_id = job.vm_context_id) as jobs
       from replication_jobs job where job.id = ?`,
    [id],
  );
  invariant(inserted !== undefined, 'a row that was just inserted is gone');
  return inserted;
}

function jobRow(context: ContextRecord, accepted: AcceptedReplication): PartialModelObject<ReplicationJob> {
  return {
    vmContextId: context.contextId,
    sourceVmId: context.vmwareVmId,
    sourceVmName: context.vmName,
    sourceVmPath: context.vmPath,
    vcenterHost: context.vcenterHost,
    datacenter: context.datacenter,
    // What to expect; what happened is known when it has ended.
    replicationType: accepted.queue === 'sync-cbt' ? 'incremental' : 'initial',
    targetNetwork: accepted.targetNetwork,
    status: 'pending',
    currentOperation: 'Queued',
    osseaConfigId: accepted.osseaConfigId,
  };
}

interface Occupation {
  readonly jobId: string;
  readonly contextId: string;
  readonly now: Date;
  readonly jobs: number;
  readonly firstJobAt: Date | null;
  readonly osseaConfigId: number;
}

async function occupy(trx: Knex.Transaction, by: Occupation): Promise<void> {
  const summary = {
    job_id: by.jobId,
    operation_type: 'replication',
    status: 'pending',
    progress: 0,
    timestamp: by.now.toISOString(),
  };
  await VmReplicationContext.query(trx)
    .findById(by.contextId)
    .patch({
      currentJobId: by.jobId,
      currentStatus: 'replicating',
      lastStatusChange: by.now,
      firstJobAt: by.firstJobAt ?? by.now,
      lastJobAt: by.now,
      totalJobsRun: by.jobs,
      osseaConfigId: by.osseaConfigId,
      lastOperationSummary: summary,
    });
}

export const contextUnknown = (contextId: string): AppError =>
  notFound('context.unknown', `there is no VM context ${contextId}`, {
    details: { contextId },
    hint: 'GET /api/v1/vm-contexts lists the VMs that are known',
  });

export const noDisks = (contextId: string): AppError =>
  precondition('replication.no-disks', 'no disk of this VM is known', {
    details: { contextId, errors: [{ path: 'source_vm.disks', message: 'at least one disk is needed' }] },
    hint: 'send source_vm with its disks, or let discovery find them first',
  });
