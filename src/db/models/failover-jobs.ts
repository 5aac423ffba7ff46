import { Row } from './row.ts';

/** One failover of one VM; `jobId` is the id of the job in the ledger. */
export class FailoverJob extends Row {
  static override tableName = 'failover_jobs';
  static override idColumn = 'id';
  static override jsonAttributes = [
    'sourceVmSpec',
    'networkMappings',
    'options',
    'bootVerdict',
    'conversion',
    'remaining',
    'sourcePower',
  ];
  static override booleans = ['autoCleanup'];
  static override decimals = ['progressPercent'];

  declare id: number;
  declare jobId: string;
  declare vmId: string;
  declare vmContextId: string | null;
  declare replicationJobId: string | null;
  declare jobType: string;
  declare status: string;
  declare sourceVmName: string;
  declare sourceVmSpec: unknown;
  declare destinationVmId: string | null;
  declare destinationVmName: string | null;
  declare osseaSnapshotId: string | null;
  declare linstorSnapshotName: string | null;
  declare linstorConfigId: number | null;
  declare networkMappings: unknown;
  declare errorMessage: string | null;
  declare progressPercent: number;
  declare currentStep: string | null;
  declare createdAt: Date;
  declare updatedAt: Date;
  declare startedAt: Date | null;
  declare completedAt: Date | null;
  declare options: unknown;
  declare autoCleanup: boolean;
  declare testExpiresAt: Date | null;
  declare commitPolicy: string | null;
  declare commitDueAt: Date | null;
  declare committedAt: Date | null;
  declare bootVerdict: unknown;
  declare lossSeconds: number | null;
  declare conversion: unknown;
  declare remaining: unknown;
  /** What the source's power was before we touched it. */
  declare sourcePower: unknown;
  declare rolledBackBy: string | null;
}
