import { randomBytes } from 'node:crypto';
import type { PartialModelObject, QueryBuilder } from 'objection';
import type { Knex } from 'knex';
import { contextId } from '../../domain/context-id.ts';
import { osFamily, type SourceVm } from '../../domain/source-vm.ts';
import { columnsOf } from '../columns.ts';
import { VmReplicationContext } from '../models/vm-replication-contexts.ts';
import { changeEach } from '../sql.ts';

/** vm_replication_contexts: the master row of each protected VM. */

/** Everything but the inventory, which can be long. */
const FIELDS = [
  'contextId',
  'vmName',
  'vmwareVmId',
  'vmPath',
  'vcenterHost',
  'datacenter',
  'currentStatus',
  'currentJobId',
  'totalJobsRun',
  'successfulJobs',
  'failedJobs',
  'lastSuccessfulJobId',
  'cpuCount',
  'memoryMb',
  'osType',
  'powerState',
  'vmToolsVersion',
  'instanceUuid',
  'vcenterInstanceUuid',
  'autoAdded',
  'schedulerEnabled',
  'lastScheduledJobId',
  'nextScheduledAt',
  'credentialId',
  'osseaConfigId',
  'lastOperationSummary',
  'unreplicatedDisks',
  'createdAt',
  'updatedAt',
  'firstJobAt',
  'lastJobAt',
  'lastStatusChange',
] as const satisfies readonly (keyof VmReplicationContext)[];

export type ContextRecord = Pick<VmReplicationContext, (typeof FIELDS)[number]>;

/** For the files of this folder. */
export const contexts = (db: Knex): QueryBuilder<VmReplicationContext> =>
  VmReplicationContext.query(db).select(columnsOf(FIELDS));

export async function findContext(db: Knex, id: string): Promise<ContextRecord | undefined> {
  return (await contexts(db).findById(id))?.toJSON();
}

/** The row, locked until the end of the transaction. */
export async function lockContext(trx: Knex.Transaction, id: string): Promise<ContextRecord | undefined> {
  return (await contexts(trx).findById(id).forUpdate())?.toJSON();
}

/**
 * Every VM of this name: more than one where two vCenters have it. At most 100. The database compares names of hosts,
 * and without regard to case, because its unique key does.
 */
export async function findContextsByName(
  db: Knex,
  by: { readonly vmName: string; readonly vcenterHost?: string | null | undefined },
): Promise<ContextRecord[]> {
  const { vmName, vcenterHost } = by;
  const named = contexts(db).where('vm_name', vmName).orderBy('vcenter_host').limit(100);
  if (typeof vcenterHost === 'string') void named.where('vcenter_host', vcenterHost);
  const rows = await named;
  return rows.map((row) => row.toJSON());
}

/** Every VM with this instance uuid, or with this BIOS uuid, which clones may share. At most 100. */
export async function findContextsByUuid(db: Knex, uuid: string): Promise<ContextRecord[]> {
  const rows = await contexts(db)
    .where('instance_uuid', uuid)
    .orWhere('vmware_vm_id', uuid)
    .orderBy('vcenter_host')
    .limit(100);
  return rows.map((row) => row.toJSON());
}

/**
 * The VM in this vCenter that one described so must be, whatever it was called: the one with this instance uuid; else
 * one with this BIOS uuid, unless the instance uuids tell that they are two.
 */
export async function findContextOfVm(
  db: Knex,
  vm: { readonly vmwareVmId: string; readonly instanceUuid: string | null; readonly vcenterHost: string },
): Promise<ContextRecord | undefined> {
  const ofVm = contexts(db).where({ vmware_vm_id: vm.vmwareVmId, vcenter_host: vm.vcenterHost });
  if (vm.instanceUuid === null) return (await ofVm.orderBy('context_id').first())?.toJSON();
  const found = await contexts(db).findOne({ instance_uuid: vm.instanceUuid, vcenter_host: vm.vcenterHost });
  return (found ?? (await ofVm.whereNull('instance_uuid').first()))?.toJSON();
}

/** What the source told about the VM, as stored; null when nothing is. */
export async function sourceInventory(db: Knex, id: string): Promise<unknown> {
  const row = await VmReplicationContext.query(db).select('source_inventory').findById(id);
  return row?.sourceInventory ?? null;
}

export async function setCredential(trx: Knex.Transaction, id: string, credentialId: number | null): Promise<void> {
  await VmReplicationContext.query(trx).findById(id).patch({ credentialId });
}

export interface NewContext {
  readonly vm: SourceVm;
  readonly vcenterHost: string;
  readonly datacenter: string;
}

/**
 * Adds the VM as discovered and returns its id.
 * @throws conflict `db.duplicate` when the name or the uuid is known in this vCenter, or another VM took the same id at
 * the same moment: find it again, or repeat.
 */
export async function createContext(db: Knex, context: NewContext): Promise<string> {
  const now = new Date();
  const plain = contextId(context.vm.name, now);
  const isTaken = (await VmReplicationContext.query(db).findById(plain)) !== undefined;
  const id = isTaken ? contextId(context.vm.name, now, randomBytes(3).toString('hex')) : plain;
  await VmReplicationContext.query(db).insert({
    contextId: id,
    ...describedBy(context.vm),
    vmwareVmId: context.vm.id,
    instanceUuid: context.vm.instance_uuid ?? null,
    vcenterHost: context.vcenterHost,
    datacenter: context.datacenter,
    currentStatus: 'discovered',
    autoAdded: true,
    schedulerEnabled: true,
  });
  return id;
}

/** Stores what the source now says about known VMs, by their ids. */
export async function updateInventories(trx: Knex.Transaction, vms: ReadonlyMap<string, SourceVm>): Promise<void> {
  const rows = new Map([...vms].map(([id, vm]) => [id, toldCells(vm)]));
  await changeEach(trx, { table: 'vm_replication_contexts', key: 'context_id' }, rows);
}

/** What its source says of a VM, in the columns of a context. */
export function toldCells(vm: SourceVm): Record<string, string | number | null> {
  const told = describedBy(vm);
  return {
    vm_name: told.vmName,
    vm_path: told.vmPath,
    cpu_count: told.cpuCount,
    memory_mb: told.memoryMb,
    os_type: told.osType,
    power_state: told.powerState,
    vm_tools_version: told.vmToolsVersion,
    source_inventory: JSON.stringify(told.sourceInventory),
  };
}

/** What a context remembers of what its source told. */
function describedBy(vm: SourceVm) {
  return {
    vmName: vm.name,
    vmPath: vm.path,
    cpuCount: vm.cpus ?? null,
    memoryMb: vm.memory_mb ?? null,
    osType: osFamily(vm.os_type),
    powerState: vm.power_state ?? null,
    vmToolsVersion: vm.vmware_tools_version ?? null,
    sourceInventory: vm,
  } satisfies PartialModelObject<VmReplicationContext>;
}
