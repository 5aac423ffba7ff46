import type { Knex } from 'knex';
import { notFound, precondition, type AppError } from '../../base/errors.ts';
import { SourceVm } from '../../domain/source-vm.ts';
import { changeEach, insertAll, select } from '../sql.ts';
import { updateInventories } from './context-store.ts';
import { assignDisks } from './disk-store.ts';
import { lockCandidates, type Candidate } from './replication-candidates.ts';

/** The rows of the domain that replications begin with: written in the transaction that makes their jobs, or not at all. */

export interface AcceptedReplication {
  readonly jobId: string;
  /** Locked by this transaction. */
  readonly candidate: Candidate;
  readonly queue: 'replicate' | 'sync-cbt';
  readonly osseaConfigId: number;
  readonly targetNetwork: string | null;
  readonly bandwidthLimitBytesPerS: number | null;
  /** What the source says; without it, the disks are those that the VM had last time. */
  readonly vm: SourceVm | undefined;
  /** Whether the request brought `vm`, and it is to be remembered. */
  readonly isNews: boolean;
}

/**
 * Writes replication_jobs, vm_disks and the VM's own row, each for all of them at once. The rows in job_tracking, which
 * hold the VMs (I9), must have been inserted before.
 */
export async function insertReplications(
  trx: Knex.Transaction,
  accepted: readonly AcceptedReplication[],
): Promise<void> {
  await insertAll(trx, { table: 'replication_jobs', columns: NEW_ROW }, accepted.map(jobValues));
  await assignDisks(
    trx,
    accepted.map(({ jobId, candidate, vm, isNews }) => {
      return { jobId, contextId: candidate.contextId, known: candidate.disks, vm, isNews };
    }),
  );
  await updateInventories(trx, new Map(accepted.flatMap(newsOf)));
  await occupy(trx, accepted);
}

/**
 * The rows of a replication that belongs to another job of the same VM, which holds it: what the VM itself shows, and
 * who its current job is, stay as they are.
 * @throws not-found `context.unknown`; precondition `replication.no-target`
 */
export async function insertFinalSync(
  trx: Knex.Transaction,
  job: { readonly jobId: string; readonly contextId: string; readonly queue: 'replicate' | 'sync-cbt' },
): Promise<void> {
  const { jobId, contextId, queue } = job;
  const candidate = (await lockCandidates(trx, [contextId], { waits: true })).found.get(contextId);
  if (candidate === undefined) throw contextUnknown(contextId);
  const { osseaConfigId } = candidate;
  if (osseaConfigId === null) {
    throw precondition('replication.no-target', 'the VM has no CloudStack that it is replicated to', {
      details: { contextId },
      hint: 'replicate it once before',
    });
  }
  const vm = SourceVm.safeParse(candidate.inventory).data;
  const accepted: AcceptedReplication = {
    jobId,
    candidate,
    queue,
    osseaConfigId,
    targetNetwork: null,
    bandwidthLimitBytesPerS: null,
    vm,
    isNews: false,
  };
  await insertAll(trx, { table: 'replication_jobs', columns: NEW_ROW }, [jobValues(accepted)]);
  await assignDisks(trx, [{ jobId, contextId, known: candidate.disks, vm, isNews: false }]);
}

/** Whether a cycle of one of the VM's disks was committed whose changes are tracked. */
export async function hasCommittedChanges(db: Knex, contextId: string): Promise<boolean> {
  const [row] = await select<unknown>(
    db,
    "SELECT 1 FROM vm_disks WHERE vm_context_id = ? AND disk_change_id <> '' LIMIT 1",
    [contextId],
  );
  return row !== undefined;
}

const NEW_ROW = {
  id: '?',
  vm_context_id: '?',
  source_vm_id: '?',
  source_vm_name: '?',
  source_vm_path: '?',
  vcenter_host: '?',
  datacenter: '?',
  replication_type: '?',
  target_network: '?',
  bandwidth_limit_bytes_per_s: '?',
  status: "'pending'",
  current_operation: "'Queued'",
  ossea_config_id: '?',
  created_at: '?',
  updated_at: '?',
};

const jobValues = ({ jobId, candidate, ...accepted }: AcceptedReplication): Knex.Value[] => [
  jobId,
  candidate.contextId,
  candidate.vmwareVmId,
  candidate.vmName,
  candidate.vmPath,
  candidate.vcenterHost,
  candidate.datacenter,
  // What to expect; what happened is known when it has ended.
  accepted.queue === 'sync-cbt' ? 'incremental' : 'initial',
  accepted.targetNetwork,
  accepted.bandwidthLimitBytesPerS,
  accepted.osseaConfigId,
  candidate.now,
  candidate.now,
];

const newsOf = ({ candidate, vm, isNews }: AcceptedReplication): [string, SourceVm][] =>
  isNews && vm !== undefined ? [[candidate.contextId, vm]] : [];

async function occupy(trx: Knex.Transaction, accepted: readonly AcceptedReplication[]): Promise<void> {
  const rows = accepted.map((one) => [one.candidate.contextId, occupied(one)] as const);
  await changeEach(
    trx,
    { table: 'vm_replication_contexts', key: 'context_id', common: NOW_REPLICATING },
    new Map(rows),
  );
}

const NOW_REPLICATING = { current_status: "'replicating'" };

function occupied({ jobId, candidate, osseaConfigId }: AcceptedReplication): Record<string, Knex.Value> {
  const { now, jobs } = candidate;
  const summary = {
    job_id: jobId,
    operation_type: 'replication',
    status: 'pending',
    progress: 0,
    timestamp: now.toISOString(),
  };
  return {
    current_job_id: jobId,
    last_status_change: now,
    first_job_at: candidate.firstJobAt ?? now,
    last_job_at: now,
    total_jobs_run: Number(jobs) + 1,
    ossea_config_id: osseaConfigId,
    last_operation_summary: JSON.stringify(summary),
  };
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
