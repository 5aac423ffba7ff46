import type { Knex } from 'knex';
import { diskSpec, osFamily, type SourceVm } from '../../domain/source-vm.ts';

/** vm_disks: one row per disk of a VM for as long as it is known; it belongs to the newest job. */

export interface DiskRecord {
  readonly id: number;
  readonly diskId: string;
  readonly vmdkPath: string;
  readonly sizeGb: number;
  readonly capacityBytes: number | null;
  readonly datastore: string | null;
  readonly label: string | null;
  readonly unitNumber: number | null;
  readonly provisioningType: string | null;
  readonly osseaVolumeId: number | null;
  readonly diskChangeId: string | null;
  readonly syncStatus: string;
  readonly syncProgressPercent: number;
  readonly bytesSynced: number;
  readonly cpuCount: number | null;
  readonly memoryMb: number | null;
  readonly osType: string | null;
  /** JSON text. */
  readonly networkConfig: string | null;
}

const TABLE = 'vm_disks';

const COLUMNS: Readonly<Record<keyof DiskRecord, string>> = {
  id: 'id',
  diskId: 'disk_id',
  vmdkPath: 'vmdk_path',
  sizeGb: 'size_gb',
  capacityBytes: 'capacity_bytes',
  datastore: 'datastore',
  label: 'label',
  unitNumber: 'unit_number',
  provisioningType: 'provisioning_type',
  osseaVolumeId: 'ossea_volume_id',
  diskChangeId: 'disk_change_id',
  syncStatus: 'sync_status',
  syncProgressPercent: 'sync_progress_percent',
  bytesSynced: 'bytes_synced',
  cpuCount: 'cpu_count',
  memoryMb: 'memory_mb',
  osType: 'os_type',
  networkConfig: 'network_config',
};

/** The disks of a VM, or those that a job is the newest job of; in the order in which they became known. */
export async function listDisks(
  db: Knex,
  of: { readonly vm_context_id: string } | { readonly job_id: string },
): Promise<DiskRecord[]> {
  type FromDriver = Omit<DiskRecord, 'syncProgressPercent' | 'networkConfig'> & {
    syncProgressPercent: string | number;
    networkConfig: unknown;
  };
  const rows = await db(TABLE)
    .where(of)
    .orderBy('id')
    .select<FromDriver[]>({ ...COLUMNS });
  return rows.map((row) => ({
    ...row,
    // The driver gives DECIMAL as text, and JSON parsed.
    syncProgressPercent: Number(row.syncProgressPercent),
    networkConfig: row.networkConfig === null ? null : JSON.stringify(row.networkConfig),
  }));
}

export interface DisksOfJob {
  readonly jobId: string;
  readonly contextId: string;
}

/**
 * Hands the disks of the VM to a new job. A known disk keeps its row, its volume and its changeId: whether they still
 * fit is decided by the job. A disk that the VM has no more stays with its last job.
 */
export async function assignDisks(trx: Knex.Transaction, to: DisksOfJob, vm: SourceVm): Promise<void> {
  const rows = vm.disks.map((disk) => rowOf(to, vm, disk));
  await trx(TABLE).insert(rows).onConflict(['vm_context_id', 'disk_id']).merge();
}

/** The same for a VM of which only its disks' rows are known. */
export async function reassignDisks(trx: Knex.Transaction, to: DisksOfJob): Promise<void> {
  await trx(TABLE)
    .where('vm_context_id', to.contextId)
    .update({ job_id: to.jobId, ...NOT_SYNCED });
}

const NOT_SYNCED = { sync_status: 'pending', sync_progress_percent: 0, bytes_synced: 0 };

function rowOf(to: DisksOfJob, vm: SourceVm, disk: SourceVm['disks'][number]): Record<string, string | number | null> {
  const spec = diskSpec(disk);
  return {
    job_id: to.jobId,
    vm_context_id: to.contextId,
    disk_id: spec.diskId,
    vmdk_path: spec.vmdkPath,
    size_gb: spec.sizeGb,
    capacity_bytes: spec.capacityBytes,
    datastore: spec.datastore,
    label: spec.label,
    unit_number: spec.unitNumber,
    provisioning_type: spec.provisioningType,
    cpu_count: vm.cpus ?? null,
    memory_mb: vm.memory_mb ?? null,
    os_type: osFamily(vm.os_type),
    vm_tools_version: vm.vmware_tools_version ?? null,
    network_config: JSON.stringify(vm.networks),
    display_name: vm.display_name ?? null,
    annotation: vm.annotation ?? null,
    power_state: vm.power_state ?? null,
    vmware_uuid: vm.id,
    ...NOT_SYNCED,
  };
}
