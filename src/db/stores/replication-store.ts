import type { Knex } from 'knex';
import type { QueryBuilder } from 'objection';
import { CbtHistory } from '../models/cbt-history.ts';
import { type After, newestFirst } from './newest-first.ts';
import { columnsOf } from '../columns.ts';
import { ReplicationJob } from '../models/replication-jobs.ts';

/** replication_jobs as the API shows them. The row follows its job in job_tracking: see replication-rows.ts. */

const FIELDS = [
  'id',
  'vmContextId',
  'sourceVmId',
  'sourceVmName',
  'sourceVmPath',
  'vcenterHost',
  'datacenter',
  'replicationType',
  'targetNetwork',
  'osseaConfigId',
  'status',
  'progressPercent',
  'setupProgressPercent',
  'currentOperation',
  'bytesTransferred',
  'totalBytes',
  'transferSpeedBps',
  'bandwidthLimitBytesPerS',
  'bandwidthInForceBytesPerS',
  'vmaSyncType',
  'vmaCurrentPhase',
  'vmaThroughputMbps',
  'vmaEtaSeconds',
  'vmaLastPollAt',
  'vmaErrorClassification',
  'vmaErrorDetails',
  'errorMessage',
  'errorCode',
  'errorHint',
  'createdAt',
  'updatedAt',
  'startedAt',
  'completedAt',
] as const satisfies readonly (keyof ReplicationJob)[];

export type ReplicationRecord = Pick<ReplicationJob, (typeof FIELDS)[number]>;

export async function findReplication(db: Knex, jobId: string): Promise<ReplicationRecord | undefined> {
  return (await ReplicationJob.query(db).select(columnsOf(FIELDS)).findById(jobId))?.toJSON();
}

export interface ReplicationQuery {
  readonly status?: string | undefined;
  readonly contextId?: string | undefined;
  readonly limit: number;
  readonly after?: After | undefined;
}

/** One page, newest first, and how many there are in all. */
export async function listReplications(
  db: Knex,
  query: ReplicationQuery,
): Promise<{ readonly total: number; readonly rows: ReplicationRecord[] }> {
  const filter = (builder: QueryBuilder<ReplicationJob>): void => {
    if (query.status !== undefined) void builder.where('status', query.status);
    if (query.contextId !== undefined) void builder.where('vm_context_id', query.contextId);
  };
  const page = ReplicationJob.query(db)
    .select(columnsOf(FIELDS))
    .modify(filter)
    .modify((rows) => newestFirst(rows, query));
  const [total, rows] = await Promise.all([ReplicationJob.query(db).modify(filter).resultSize(), page]);
  return { total, rows: rows.map((row) => row.toJSON()) };
}

export interface MountRecord {
  readonly volumeId: string;
  readonly devicePath: string;
  readonly mountPoint: string | null;
  readonly status: string;
}

/** Target volumes of these disks that are attached to the appliance now. */
export async function mountsOf(db: Knex, osseaVolumeIds: readonly number[]): Promise<MountRecord[]> {
  if (osseaVolumeIds.length === 0) return [];
  const columns = {
    volumeId: 'ossea_volumes.volume_id',
    devicePath: 'device_mappings.device_path',
    mountPoint: 'ossea_volumes.mount_point',
    status: 'device_mappings.cloudstack_state',
  };
  return db('ossea_volumes')
    .join('device_mappings', 'device_mappings.volume_uuid', 'ossea_volumes.volume_id')
    .whereIn('ossea_volumes.id', osseaVolumeIds)
    .where('device_mappings.operation_mode', 'oma')
    .orderBy('ossea_volumes.id')
    .select<MountRecord[]>(columns);
}

const CYCLE_FIELDS = [
  'id',
  'jobId',
  'diskId',
  'changeId',
  'previousChangeId',
  'syncType',
  'syncSuccess',
  'blocksChanged',
  'bytesTransferred',
  'syncDurationSeconds',
  'reason',
  'landedIn',
  'inPlaceReason',
  'createdAt',
] as const satisfies readonly (keyof CbtHistory)[];

export type CbtCycleRecord = Pick<CbtHistory, (typeof CYCLE_FIELDS)[number]>;

/** What happened to the disks, newest first: of one job, or of a VM. */
export async function cbtHistory(
  db: Knex,
  of: { readonly job_id: string } | { readonly vm_context_id: string },
  limit: number,
): Promise<CbtCycleRecord[]> {
  const rows = await CbtHistory.query(db)
    .select(columnsOf(CYCLE_FIELDS))
    .where(of)
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit);
  return rows.map((row) => row.toJSON());
}
