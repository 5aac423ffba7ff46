import { Row } from './row.ts';

/** One replication of one VM; `id` is the id of the job in the ledger. */
export class ReplicationJob extends Row {
  static override tableName = 'replication_jobs';
  static override idColumn = 'id';
  static override decimals = ['progressPercent', 'vmaProgressPercent', 'vmaThroughputMbps', 'setupProgressPercent'];

  declare id: string;
  declare vmContextId: string | null;
  declare sourceVmId: string;
  declare sourceVmName: string;
  declare sourceVmPath: string;
  declare vcenterHost: string;
  declare datacenter: string;
  declare replicationType: string;
  declare targetNetwork: string | null;
  declare status: string;
  declare progressPercent: number;
  declare currentOperation: string | null;
  declare bytesTransferred: number;
  declare totalBytes: number;
  declare transferSpeedBps: number;
  declare errorMessage: string | null;
  declare errorCode: string | null;
  declare errorHint: string | null;
  declare changeId: string | null;
  declare previousChangeId: string | null;
  declare snapshotId: string | null;
  declare nbdPort: number | null;
  declare nbdExportName: string | null;
  declare targetDevice: string | null;
  declare osseaConfigId: number | null;
  declare vmaSyncType: string | null;
  declare vmaCurrentPhase: string | null;
  declare vmaEtaSeconds: number;
  declare vmaProgressPercent: number;
  declare vmaBytesTransferred: number;
  declare vmaTotalBytes: number;
  declare vmaTransferSpeedBps: number;
  declare vmaThroughputMbps: number;
  declare vmaLastPollAt: Date | null;
  declare vmaErrorClassification: string | null;
  declare vmaErrorDetails: string | null;
  declare setupProgressPercent: number;
  declare scheduleExecutionId: string | null;
  declare scheduledBy: string | null;
  declare vmGroupId: string | null;
  declare createdAt: Date;
  declare updatedAt: Date;
  declare startedAt: Date | null;
  declare completedAt: Date | null;
  /** Asked for; 0: none; null: the general one of jobs. */
  declare bandwidthLimitBytesPerS: number | null;
  /** The smaller one of the job's and the worker's when its worker last reported. */
  declare bandwidthInForceBytesPerS: number | null;
}
