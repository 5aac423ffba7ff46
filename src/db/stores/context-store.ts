import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { contextId } from '../../domain/context-id.ts';
import type { ContextStatus } from '../../domain/accept-replication.ts';
import type { SourceVm } from '../../domain/source-vm.ts';
import { osFamily } from '../../domain/source-vm.ts';

/** vm_replication_contexts: the master row of each protected VM. */

export interface ContextRecord {
  readonly contextId: string;
  readonly vmName: string;
  readonly vmwareVmId: string;
  readonly vmPath: string;
  readonly vcenterHost: string;
  readonly datacenter: string;
  readonly currentStatus: ContextStatus;
  readonly currentJobId: string | null;
  readonly totalJobsRun: number;
  readonly successfulJobs: number;
  readonly failedJobs: number;
  readonly lastSuccessfulJobId: string | null;
  readonly cpuCount: number | null;
  readonly memoryMb: number | null;
  readonly osType: string | null;
  readonly powerState: string | null;
  readonly vmToolsVersion: string | null;
  readonly osseaConfigId: number | null;
  readonly lastOperation: Record<string, unknown> | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly firstJobAt: Date | null;
  readonly lastJobAt: Date | null;
  readonly lastStatusChange: Date | null;
}

const TABLE = 'vm_replication_contexts';

const COLUMNS: Readonly<Record<keyof ContextRecord, string>> = {
  contextId: 'context_id',
  vmName: 'vm_name',
  vmwareVmId: 'vmware_vm_id',
  vmPath: 'vm_path',
  vcenterHost: 'vcenter_host',
  datacenter: 'datacenter',
  currentStatus: 'current_status',
  currentJobId: 'current_job_id',
  totalJobsRun: 'total_jobs_run',
  successfulJobs: 'successful_jobs',
  failedJobs: 'failed_jobs',
  lastSuccessfulJobId: 'last_successful_job_id',
  cpuCount: 'cpu_count',
  memoryMb: 'memory_mb',
  osType: 'os_type',
  powerState: 'power_state',
  vmToolsVersion: 'vm_tools_version',
  osseaConfigId: 'ossea_config_id',
  lastOperation: 'last_operation_summary',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  firstJobAt: 'first_job_at',
  lastJobAt: 'last_job_at',
  lastStatusChange: 'last_status_change',
};

const contexts = (db: Knex): Knex.QueryBuilder<object, ContextRecord[]> =>
  db(TABLE).select({ ...COLUMNS }) as Knex.QueryBuilder<object, ContextRecord[]>;

export async function findContext(db: Knex, id: string): Promise<ContextRecord | undefined> {
  return (await contexts(db).where('context_id', id).limit(1))[0];
}

/** The row, locked until the end of the transaction. */
export async function lockContext(trx: Knex.Transaction, id: string): Promise<ContextRecord | undefined> {
  return (await contexts(trx).where('context_id', id).forUpdate())[0];
}

/** Every VM of this name: more than one where two vCenters have it. At most 100. */
export async function findContextsByName(db: Knex, vmName: string): Promise<ContextRecord[]> {
  return contexts(db).where('vm_name', vmName).orderBy('vcenter_host').limit(100);
}

/** The VM with this BIOS uuid in this vCenter, whatever it was called. */
export async function findContextByVmwareId(
  db: Knex,
  vm: { readonly vmwareVmId: string; readonly vcenterHost: string },
): Promise<ContextRecord | undefined> {
  return (await contexts(db).where({ vmware_vm_id: vm.vmwareVmId, vcenter_host: vm.vcenterHost }).limit(1))[0];
}

export interface ContextQuery {
  readonly status?: ContextStatus | undefined;
  readonly vcenterHost?: string | undefined;
  readonly limit: number;
  /** Name and id of the last row of the page before. */
  readonly after?: readonly [vmName: string, contextId: string] | undefined;
}

/** One page by name, and how many there are in all: two queries, whatever the number of VMs. */
export async function listContexts(
  db: Knex,
  query: ContextQuery,
): Promise<{ readonly total: number; readonly rows: ContextRecord[] }> {
  const filter = (builder: Knex.QueryBuilder): void => {
    if (query.status !== undefined) void builder.where('current_status', query.status);
    if (query.vcenterHost !== undefined) void builder.where('vcenter_host', query.vcenterHost);
  };
  const { after } = query;
  const page = contexts(db).modify(filter).orderBy(['vm_name', 'context_id']).limit(query.limit);
  if (after !== undefined) {
    void page.where('vm_name', '>=', after[0]).whereRaw('(vm_name > ? or context_id > ?)', [after[0], after[1]]);
  }
  const [counted, rows] = await Promise.all([
    db(TABLE).modify(filter).count<{ total: number | string }[]>({ total: '*' }),
    page,
  ]);
  return { total: Number(counted[0]?.total ?? 0), rows };
}

/** What the source told about the VM, as stored; undefined when nothing is. */
export async function sourceInventory(db: Knex, id: string): Promise<unknown> {
  const rows = await db(TABLE)
    .where('context_id', id)
    .select<{ inventory: unknown }[]>({ inventory: 'source_inventory' });
  return rows[0]?.inventory ?? undefined;
}

export interface NewContext {
  readonly vm: SourceVm;
  readonly vcenterHost: string;
  readonly datacenter: string;
  readonly osseaConfigId: number | null;
}

/**
 * Adds the VM as discovered and returns its id.
 * @throws conflict `db.duplicate` when the name or the uuid is known in this vCenter, or another VM took the same id at
 * the same moment: find it again, or repeat.
 */
export async function createContext(db: Knex, context: NewContext): Promise<string> {
  const now = new Date();
  const plain = contextId(context.vm.name, now);
  const isTaken = (await db(TABLE).where('context_id', plain).select('context_id')).length > 0;
  const id = isTaken ? contextId(context.vm.name, now, randomBytes(3).toString('hex')) : plain;
  await db(TABLE).insert({
    context_id: id,
    ...describedBy(context.vm),
    vmware_vm_id: context.vm.id,
    vcenter_host: context.vcenterHost,
    datacenter: context.datacenter,
    current_status: 'discovered',
    auto_added: true,
    scheduler_enabled: true,
    ossea_config_id: context.osseaConfigId,
  });
  return id;
}

/** Stores what the source now says about a known VM. */
export async function updateInventory(trx: Knex.Transaction, id: string, vm: SourceVm): Promise<void> {
  await trx(TABLE).where('context_id', id).update(describedBy(vm));
}

function describedBy(vm: SourceVm): Record<string, string | number | null> {
  return {
    vm_name: vm.name,
    vm_path: vm.path,
    cpu_count: vm.cpus ?? null,
    memory_mb: vm.memory_mb ?? null,
    os_type: osFamily(vm.os_type),
    power_state: vm.power_state ?? null,
    vm_tools_version: vm.vmware_tools_version ?? null,
    source_inventory: JSON.stringify(vm),
  };
}
