import type { Knex } from 'knex';
import { diskSpec, osFamily, type SourceVm } from '../../domain/source-vm.ts';
import { columnsOf } from '../columns.ts';
import { VmDisk } from '../models/vm-disks.ts';
import { changeEach, insertAll } from '../sql.ts';

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
  'verifyReason',
  'verifiedAt',
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

/** A disk of a VM that has a row. */
export interface KnownDisk {
  readonly id: number;
  readonly diskId: string;
}

/** Which disks a new job copies. */
export interface DisksOfJob {
  readonly jobId: string;
  readonly contextId: string;
  /** Those that have a row; the transaction holds the VM, so there are no others. */
  readonly known: readonly KnownDisk[];
  /** What the source told. Without it, or without disks in it, the job copies those that are known. */
  readonly vm: SourceVm | undefined;
  /** The source said so just now; else it is what it said some time ago, and jobs may know better since. */
  readonly isNews: boolean;
}

type Cells = Record<string, Knex.Value>;

/**
 * Hands disks to new jobs. A known disk keeps its row, its volume and its changeId: whether they still fit is decided
 * by the job. A disk that the VM has no more stays with its last job. Known rows are changed by their number and new
 * ones inserted: an insert that may meet a row would lock gaps, and so the disks of other VMs.
 */
export async function assignDisks(trx: Knex.Transaction, jobs: readonly DisksOfJob[]): Promise<void> {
  const added: Cells[] = [];
  const handedOn = new Map<number, Cells>();
  const toldAnew = new Map<number, Cells>();
  for (const job of jobs) {
    const rowOfDisk = new Map(job.known.map((disk) => [disk.diskId, disk.id]));
    const { vm } = job;
    if (vm === undefined || vm.disks.length === 0) {
      for (const id of rowOfDisk.values()) handedOn.set(id, ofTheJob(job));
      continue;
    }
    for (const disk of vm.disks) {
      const id = rowOfDisk.get(disk.id);
      if (id === undefined) added.push(cellsOf(job, vm, disk));
      else if (job.isNews) toldAnew.set(id, cellsOf(job, vm, disk));
      else handedOn.set(id, ofTheJob(job));
    }
  }
  const rows = { table: 'vm_disks', key: 'id' };
  await changeEach(trx, { ...rows, common: NOT_SYNCED }, handedOn);
  await changeEach(trx, { ...rows, common: NOT_SYNCED }, toldAnew);
  const columns = { ...Object.fromEntries(Object.keys(added[0] ?? {}).map((name) => [name, '?'])), ...NOT_SYNCED };
  await insertAll(
    trx,
    { table: 'vm_disks', columns },
    added.map((cells) => Object.values(cells)),
  );
}

const NOT_SYNCED = { sync_status: "'pending'", sync_progress_percent: '0', bytes_synced: '0' };

const ofTheJob = (job: DisksOfJob): Cells => ({ job_id: job.jobId });

function cellsOf(job: DisksOfJob, vm: SourceVm, disk: SourceVm['disks'][number]): Cells {
  const spec = diskSpec(disk);
  return {
    job_id: job.jobId,
    vm_context_id: job.contextId,
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
  };
}
