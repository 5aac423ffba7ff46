import type { Knex } from 'knex';

/** replication_jobs as the API shows them. The row follows its job in job_tracking: see replication-rows.ts. */

export type ReplicationStatus = 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';

export interface ReplicationRecord {
  readonly jobId: string;
  readonly vmContextId: string | null;
  readonly sourceVmId: string;
  readonly sourceVmName: string;
  readonly sourceVmPath: string;
  readonly vcenterHost: string;
  readonly datacenter: string;
  readonly replicationType: string;
  readonly targetNetwork: string | null;
  readonly osseaConfigId: number | null;
  readonly status: ReplicationStatus;
  readonly progressPercent: number;
  readonly setupProgressPercent: number;
  readonly currentOperation: string | null;
  readonly bytesTransferred: number;
  readonly totalBytes: number;
  readonly transferSpeedBps: number;
  readonly vmaSyncType: string | null;
  readonly vmaCurrentPhase: string | null;
  readonly vmaThroughputMbps: number;
  readonly vmaEtaSeconds: number;
  readonly vmaLastPollAt: Date | null;
  readonly vmaErrorClassification: string | null;
  readonly vmaErrorDetails: string | null;
  readonly errorMessage: string | null;
  readonly errorCode: string | null;
  readonly errorHint: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
}

const TABLE = 'replication_jobs';

const COLUMNS: Readonly<Record<keyof ReplicationRecord, string>> = {
  jobId: 'id',
  vmContextId: 'vm_context_id',
  sourceVmId: 'source_vm_id',
  sourceVmName: 'source_vm_name',
  sourceVmPath: 'source_vm_path',
  vcenterHost: 'vcenter_host',
  datacenter: 'datacenter',
  replicationType: 'replication_type',
  targetNetwork: 'target_network',
  osseaConfigId: 'ossea_config_id',
  status: 'status',
  progressPercent: 'progress_percent',
  setupProgressPercent: 'setup_progress_percent',
  currentOperation: 'current_operation',
  bytesTransferred: 'bytes_transferred',
  totalBytes: 'total_bytes',
  transferSpeedBps: 'transfer_speed_bps',
  vmaSyncType: 'vma_sync_type',
  vmaCurrentPhase: 'vma_current_phase',
  vmaThroughputMbps: 'vma_throughput_mbps',
  vmaEtaSeconds: 'vma_eta_seconds',
  vmaLastPollAt: 'vma_last_poll_at',
  vmaErrorClassification: 'vma_error_classification',
  vmaErrorDetails: 'vma_error_details',
  errorMessage: 'error_message',
  errorCode: 'error_code',
  errorHint: 'error_hint',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  startedAt: 'started_at',
  completedAt: 'completed_at',
};

/** The driver gives DECIMAL as text. */
const DECIMALS = ['progressPercent', 'setupProgressPercent', 'vmaThroughputMbps'] as const;
type FromDriver = Omit<ReplicationRecord, (typeof DECIMALS)[number]> &
  Record<(typeof DECIMALS)[number], string | number>;

async function records(rows: Knex.QueryBuilder): Promise<ReplicationRecord[]> {
  const found = (await rows.select({ ...COLUMNS })) as FromDriver[];
  return found.map((row) => ({
    ...row,
    progressPercent: Number(row.progressPercent),
    setupProgressPercent: Number(row.setupProgressPercent),
    vmaThroughputMbps: Number(row.vmaThroughputMbps),
  }));
}

export async function findReplication(db: Knex, jobId: string): Promise<ReplicationRecord | undefined> {
  return (await records(db(TABLE).where('id', jobId)))[0];
}

export interface ReplicationQuery {
  readonly status?: ReplicationStatus | undefined;
  readonly contextId?: string | undefined;
  readonly limit: number;
  /** Creation time and id of the last row of the page before. */
  readonly after?: { readonly createdAt: Date; readonly jobId: string } | undefined;
}

/** One page, newest first, and how many there are in all. */
export async function listReplications(
  db: Knex,
  query: ReplicationQuery,
): Promise<{ readonly total: number; readonly rows: ReplicationRecord[] }> {
  const filter = (builder: Knex.QueryBuilder): void => {
    if (query.status !== undefined) void builder.where('status', query.status);
    if (query.contextId !== undefined) void builder.where('vm_context_id', query.contextId);
  };
  const page = db(TABLE)
    .modify(filter)
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ]);
  const { after } = query;
  if (after !== undefined) {
    void page
      .where('created_at', '<=', after.createdAt)
      .whereRaw('(created_at < ? or id < ?)', [after.createdAt, after.jobId]);
  }
  const [counted, rows] = await Promise.all([
    db(TABLE).modify(filter).count<{ total: number | string }[]>({ total: '*' }),
    records(page.limit(query.limit)),
  ]);
  return { total: Number(counted[0]?.total ?? 0), rows };
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

export interface CbtCycleRecord {
  readonly id: number;
  readonly jobId: string;
  readonly diskId: string;
  readonly changeId: string | null;
  readonly previousChangeId: string | null;
  readonly syncType: string;
  readonly syncSuccess: boolean;
  readonly blocksChanged: number;
  readonly bytesTransferred: number;
  readonly syncDurationSeconds: number;
  readonly createdAt: Date;
}

/** What happened to the disks, newest first: of one job, or of a VM. */
export async function cbtHistory(
  db: Knex,
  of: { readonly job_id: string } | { readonly vm_context_id: string },
  limit: number,
): Promise<CbtCycleRecord[]> {
  const columns: Readonly<Record<keyof CbtCycleRecord, string>> = {
    id: 'id',
    jobId: 'job_id',
    diskId: 'disk_id',
    changeId: 'change_id',
    previousChangeId: 'previous_change_id',
    syncType: 'sync_type',
    syncSuccess: 'sync_success',
    blocksChanged: 'blocks_changed',
    bytesTransferred: 'bytes_transferred',
    syncDurationSeconds: 'sync_duration_seconds',
    createdAt: 'created_at',
  };
  const rows = await db('cbt_history')
    .where(of)
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit)
    .select<(Omit<CbtCycleRecord, 'syncSuccess'> & { syncSuccess: number })[]>(columns);
  return rows.map((row) => ({ ...row, syncSuccess: row.syncSuccess === 1 }));
}
