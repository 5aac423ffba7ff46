import type { Knex } from 'knex';
import type { ContextStatus } from '../../domain/context-status.ts';
import { places, select } from '../sql.ts';
import type { KnownDisk } from './disk-store.ts';

/** VMs that are about to be replicated, with all that this is decided on, held until the end of the transaction. */

export interface Candidate {
  readonly contextId: string;
  readonly vmName: string;
  readonly vmwareVmId: string;
  readonly vmPath: string;
  readonly vcenterHost: string;
  readonly datacenter: string;
  readonly currentStatus: ContextStatus;
  readonly osseaConfigId: number | null;
  /** What its source last told, as stored; null when nothing is. */
  readonly inventory: unknown;
  readonly disks: readonly KnownDisk[];
  /** A cycle of one of its disks was committed. */
  readonly hasChangeId: boolean;
  /** One of its disks has a volume in the target cloud. */
  readonly hasVolume: boolean;
  readonly firstJobAt: Date | null;
  /** Replications that it had. */
  readonly jobs: number;
  /** The job that holds it. */
  readonly activeJobId: string | null;
  /** By the clock of the database, as all times of jobs are. */
  readonly now: Date;
}

export interface Candidates {
  readonly found: ReadonlyMap<string, Candidate>;
  /** Somebody else holds these: ask for each of them alone, and wait. */
  readonly heldElsewhere: ReadonlySet<string>;
}

/**
 * Locks these VMs, in the order of their ids, and reads what is known of them. With `waits` a VM that another
 * transaction holds is waited for; without it, it is left out, so that it keeps nobody waiting who asks for others.
 * What hangs on a VM is read after its lock was taken: whoever changed it before has ended.
 * @returns what there is; ids in neither of the two are unknown
 */
export async function lockCandidates(
  trx: Knex.Transaction,
  ids: readonly string[],
  how: { readonly waits: boolean },
): Promise<Candidates> {
  const rows = await select<VmRow>(
    trx,
    `SELECT context_id, vm_name, vmware_vm_id, vm_path, vcenter_host, datacenter, current_status, ossea_config_id,
            source_inventory, first_job_at, NOW(3) AS now
       FROM vm_replication_contexts FORCE INDEX (PRIMARY)
      WHERE context_id IN (${places(ids)}) ORDER BY context_id FOR UPDATE ${how.waits ? '' : 'SKIP LOCKED'}`,
    ids,
  );
  const locked = rows.map((row) => row.context_id);
  const missing = ids.filter((id) => !locked.includes(id));
  const heldElsewhere = how.waits ? new Set<string>() : await existing(trx, missing);
  if (rows.length === 0) return { found: new Map(), heldElsewhere };
  const jobs = await jobsOf(trx, locked);
  const disks = Map.groupBy(await disksOf(trx, locked), (disk) => disk.vm_context_id);
  const found = rows.map(
    (row) => [row.context_id, candidateOf(row, jobs.get(row.context_id), disks.get(row.context_id) ?? [])] as const,
  );
  return { found: new Map(found), heldElsewhere };
}

type VmRow = {
  readonly [name in 'context_id' | 'vm_name' | 'vmware_vm_id' | 'vm_path' | 'vcenter_host' | 'datacenter']: string;
} & {
  readonly current_status: ContextStatus;
  readonly ossea_config_id: number | null;
  readonly source_inventory: unknown;
  readonly first_job_at: Date | null;
  readonly now: Date;
};

async function existing(trx: Knex.Transaction, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await select<{ context_id: string }>(
    trx,
    `SELECT context_id FROM vm_replication_contexts WHERE context_id IN (${places(ids)})`,
    ids,
  );
  return new Set(rows.map((row) => row.context_id));
}

interface JobsRow {
  readonly context_id: string;
  readonly jobs: number;
  readonly active_job_id: string | null;
}

async function jobsOf(trx: Knex.Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, JobsRow>> {
  const rows = await select<JobsRow>(
    trx,
    `SELECT context_id,
            (SELECT COUNT(*) FROM replication_jobs job WHERE job.vm_context_id = context.context_id) AS jobs,
            (SELECT job.id FROM job_tracking job WHERE job.active_context_id = context.context_id) AS active_job_id
       FROM vm_replication_contexts context WHERE context_id IN (${places(ids)})`,
    ids,
  );
  return new Map(rows.map((row) => [row.context_id, row]));
}

interface DiskRow {
  readonly id: number;
  readonly vm_context_id: string;
  readonly disk_id: string;
  readonly has_change_id: number | null;
  readonly has_volume: number;
}

const disksOf = (trx: Knex.Transaction, ids: readonly string[]): Promise<DiskRow[]> =>
  select<DiskRow>(
    trx,
    `SELECT id, vm_context_id, disk_id, disk_change_id <> '' AS has_change_id, ossea_volume_id IS NOT NULL AS has_volume
       FROM vm_disks WHERE vm_context_id IN (${places(ids)}) ORDER BY id`,
    ids,
  );

function candidateOf(vm: VmRow, ledger: JobsRow | undefined, disks: readonly DiskRow[]): Candidate {
  const inventory = vm.source_inventory;
  return {
    contextId: vm.context_id,
    vmName: vm.vm_name,
    vmwareVmId: vm.vmware_vm_id,
    vmPath: vm.vm_path,
    vcenterHost: vm.vcenter_host,
    datacenter: vm.datacenter,
    currentStatus: vm.current_status,
    osseaConfigId: vm.ossea_config_id,
    // MySQL has a type for JSON, MariaDB delivers its text.
    inventory: typeof inventory === 'string' ? (JSON.parse(inventory) as unknown) : inventory,
    disks: disks.map(({ id, disk_id: diskId }) => ({ id, diskId })),
    hasChangeId: disks.some((disk) => disk.has_change_id === 1),
    hasVolume: disks.some((disk) => disk.has_volume === 1),
    firstJobAt: vm.first_job_at,
    jobs: ledger?.jobs ?? 0,
    activeJobId: ledger?.active_job_id ?? null,
    now: vm.now,
  };
}
