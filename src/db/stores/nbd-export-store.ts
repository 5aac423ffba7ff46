import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';

/**
 * Rows of nbd_exports: which job may write to a volume, and under which name. `export_name` is one per volume for ever;
 * the name on the wire, new with every opening, is in the metadata.
 */

export type ExportStatus = 'pending' | 'active' | 'failed';

/** As it stands in the JSON column. */
export interface ExportMetadata {
  readonly wire_name: string;
  readonly uris: { readonly unix?: string; readonly tcp?: string };
  readonly job_id: string;
  readonly epoch: number;
  readonly size_bytes: number;
  /** The overlay that it writes to; null, or absent in a row of an older version: to the volume itself. */
  readonly overlay_id?: string | null;
  /** The OMA VM whose volume daemon serves it; absent where there was no telling. */
  readonly vm_id?: string;
}

export interface ExportRecord {
  readonly id: string;
  readonly volumeId: string;
  readonly exportName: string;
  readonly jobId: string | null;
  readonly devicePath: string;
  readonly port: number;
  readonly status: ExportStatus;
  readonly metadata: ExportMetadata;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface NewExportRow {
  readonly volumeId: string;
  readonly devicePath: string;
  readonly port: number;
  readonly metadata: ExportMetadata;
}

export const exportNameOf = (volumeId: string): string => `migration-vol-${volumeId}`;

const COLUMNS = {
  id: 'id',
  volumeId: 'volume_id',
  exportName: 'export_name',
  jobId: 'job_id',
  devicePath: 'device_path',
  port: 'port',
  status: 'status',
  metadata: 'metadata',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
} as const;

type Row = Omit<ExportRecord, 'metadata'> & { readonly metadata: string };

export async function findExport(db: Knex, volumeId: string): Promise<ExportRecord | undefined> {
  const rows = await db('nbd_exports').where('volume_id', volumeId).select<Row[]>(COLUMNS);
  return rows.map(toRecord)[0];
}

export interface ExportFilter {
  readonly volumeId?: string | undefined;
  readonly status?: string | undefined;
  /** Those of the volume daemon of this OMA VM, and those of which nobody knows. */
  readonly vmId?: string | undefined;
  readonly limit?: number | undefined;
}

export async function listExports(db: Knex, filter: ExportFilter = {}): Promise<ExportRecord[]> {
  const query = db('nbd_exports').select<Row[]>(COLUMNS).orderBy('volume_id');
  if (filter.volumeId !== undefined) void query.where('volume_id', filter.volumeId);
  if (filter.status !== undefined) void query.where('status', filter.status);
  if (filter.vmId !== undefined) {
    void query.whereRaw("coalesce(json_value(metadata, '$.vm_id'), ?) = ?", [filter.vmId, filter.vmId]);
  }
  if (filter.limit !== undefined) void query.limit(filter.limit);
  return (await query).map(toRecord);
}

/**
 * Writes down who is about to write, before qemu is asked: status pending. Rows of the job, the disk and the mapping are
 * linked where they exist; a volume may be opened by a job without a replication.
 */
export async function savePendingExport(trx: Knex.Transaction, wanted: NewExportRow): Promise<void> {
  const { volumeId } = wanted;
  const volume = trx('ossea_volumes').where('volume_id', volumeId);
  const disk = trx('vm_disks').join('ossea_volumes', 'ossea_volumes.id', 'vm_disks.ossea_volume_id');
  await trx('nbd_exports')
    .insert({
      id: randomUUID(),
      volume_id: volumeId,
      export_name: exportNameOf(volumeId),
      job_id: trx('replication_jobs').where('id', wanted.metadata.job_id).select('id'),
      vm_context_id: volume.clone().select('vm_context_id'),
      vm_disk_id: disk.where('ossea_volumes.volume_id', volumeId).max('vm_disks.id'),
      device_mapping_uuid: trx('device_mappings').where('volume_uuid', volumeId).select('volume_uuid'),
      device_path: wanted.devicePath,
      port: wanted.port,
      status: 'pending' satisfies ExportStatus,
      metadata: JSON.stringify(wanted.metadata),
    })
    .onConflict('export_name')
    .merge([
      'job_id',
      'vm_context_id',
      'vm_disk_id',
      'device_mapping_uuid',
      'device_path',
      'port',
      'status',
      'metadata',
    ]);
}

export async function setExportStatus(db: Knex, volumeId: string, status: ExportStatus): Promise<void> {
  await db('nbd_exports').where('volume_id', volumeId).update({ status });
}

export async function deleteExportRow(db: Knex, volumeId: string): Promise<void> {
  await db('nbd_exports').where('volume_id', volumeId).delete();
}

/** Who runs a job now, by the ledger. */
export interface Holder {
  readonly status: string;
  readonly dispatchState: string;
  readonly epoch: number;
  readonly parentJobId: string | null;
}

export async function findHolder(db: Knex, jobId: string): Promise<Holder | undefined> {
  const rows: HolderRow[] = await db('job_tracking').where('id', jobId).select(HOLDER_COLUMNS);
  return rows.map((row): Holder => ({ ...row, epoch: Number(row.epoch) }))[0];
}

interface HolderRow extends Omit<Holder, 'epoch'> {
  readonly epoch: number | string;
}

const HOLDER_COLUMNS = {
  status: 'status',
  dispatchState: 'dispatch_state',
  epoch: 'lease_epoch',
  parentJobId: 'parent_job_id',
} as const;

function toRecord(row: Row): ExportRecord {
  return { ...row, metadata: JSON.parse(row.metadata) as ExportMetadata };
}
