import type { Knex } from 'knex';
import type { PartialModelObject } from 'objection';
import { diskSpec, osFamily, type SourceVm } from '../../domain/source-vm.ts';
import { columnsOf } from '../columns.ts';
import { VmDisk } from '../models/vm-disks.ts';

/** vm_disks: one row per disk of a VM for as long as it is known; it belongs to the newest job. */

const FIELDS = [
  'id',
  'diskId',
  'vmdkPath',
  'sizeGb',
  'capacityBytes',
  'datastore',
  'label',
  'unitNumber',
  'provisioningType',
  'osseaVolumeId',
  'diskChangeId',
  'syncStatus',
  'syncProgressPercent',
  'bytesSynced',
  'lastFullReason',
  'cpuCount',
  'memoryMb',
  'osType',
  'networkConfig',
] as const satisfies readonly (keyof VmDisk)[];

export type DiskRecord = Pick<VmDisk, (typeof FIELDS)[number]>;

/** The disks of a VM, or those that a job is the newest job of; in the order in which they became known. */
export async function listDisks(
  db: Knex,
  of: { readonly vm_context_id: string } | { readonly job_id: string },
): Promise<DiskRecord[]> {
  const rows = await VmDisk.query(db).select(columnsOf(FIELDS)).where(of).orderBy('id');
  return rows.map((row) => row.toJSON());
}

export interface DisksOfJob {
  readonly jobId: string;
  readonly contextId: string;
}

export interface SourceFacts {
  readonly vm: SourceVm;
  /** The source said so just now; else it is what it said some time ago, and jobs may know better since. */
  readonly isNews: boolean;
}

const OF_THE_JOB = ['job_id', 'sync_status', 'sync_progress_percent', 'bytes_synced'];

/**
 * Hands the disks of the VM to a new job. A known disk keeps its row, its volume and its changeId: whether they still
 * fit is decided by the job. A disk that the VM has no more stays with its last job.
 */
export async function assignDisks(trx: Knex.Transaction, to: DisksOfJob, { vm, isNews }: SourceFacts): Promise<void> {
  // One statement for all of them, which Objection would not send to MySQL.
  const rows = vm.disks.map((disk) => VmDisk.fromJson(rowOf(to, vm, disk)).$toDatabaseJson());
  const insert = trx('vm_disks').insert(rows).onConflict(['vm_context_id', 'disk_id']);
  await (isNews ? insert.merge() : insert.merge(OF_THE_JOB));
}

/** The same for a VM of which only its disks' rows are known. @returns how many it has */
export async function reassignDisks(trx: Knex.Transaction, to: DisksOfJob): Promise<number> {
  return VmDisk.query(trx)
    .where('vm_context_id', to.contextId)
    .patch({ jobId: to.jobId, ...NOT_SYNCED });
}

const NOT_SYNCED = { syncStatus: 'pending', syncProgressPercent: 0, bytesSynced: 0 };

function rowOf(to: DisksOfJob, vm: SourceVm, disk: SourceVm['disks'][number]): PartialModelObject<VmDisk> {
  return {
    jobId: to.jobId,
    vmContextId: to.contextId,
    ...diskSpec(disk),
    cpuCount: vm.cpus ?? null,
    memoryMb: vm.memory_mb ?? null,
    osType: osFamily(vm.os_type),
    vmToolsVersion: vm.vmware_tools_version ?? null,
    networkConfig: vm.networks,
    displayName: vm.display_name ?? null,
    annotation: vm.annotation ?? null,
    powerState: vm.power_state ?? null,
    vmwareUuid: vm.id,
    ...NOT_SYNCED,
  };
}
