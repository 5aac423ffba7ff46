import { Row } from './row.ts';

/** The master row of one protected VM. */
export class VmReplicationContext extends Row {
  static override tableName = 'vm_replication_contexts';
  static override idColumn = 'context_id';
  static override jsonAttributes = [
    'sourceInventory',
    'lastOperationSummary',
    'commitOtherSnapshots',
    'unreplicatedDisks',
  ];
  static override booleans = ['autoAdded', 'schedulerEnabled'];

  declare contextId: string;
  declare vmName: string;
  declare vmwareVmId: string;
  declare vmPath: string;
  declare vcenterHost: string;
  declare datacenter: string;
  declare currentStatus:
    | 'discovered'
    | 'replicating'
    | 'ready_for_failover'
    | 'failed_over_test'
    | 'failed_over_live'
    | 'completed'
    | 'failed'
    | 'cleanup_required';
  declare currentJobId: string | null;
  declare totalJobsRun: number;
  declare successfulJobs: number;
  declare failedJobs: number;
  declare lastSuccessfulJobId: string | null;
  declare cpuCount: number | null;
  declare memoryMb: number | null;
  declare osType: string | null;
  declare powerState: string | null;
  declare vmToolsVersion: string | null;
  declare createdAt: Date;
  declare updatedAt: Date;
  declare firstJobAt: Date | null;
  declare lastJobAt: Date | null;
  declare lastStatusChange: Date;
  declare instanceUuid: string | null;
  declare vcenterInstanceUuid: string | null;
  declare sourceInventory: unknown;
  declare autoAdded: boolean;
  declare schedulerEnabled: boolean;
  declare lastScheduledJobId: string | null;
  declare nextScheduledAt: Date | null;
  declare credentialId: number | null;
  declare osseaConfigId: number | null;
  declare lastOperationSummary: unknown;
  declare commitJobId: string | null;
  declare commitVcenterUuid: string | null;
  declare commitInstanceUuid: string | null;
  declare commitSnapshotRef: string | null;
  declare commitOtherSnapshots: unknown;
  declare commitSnapshotAt: Date | null;
  declare committedAt: Date | null;
  /** Made by the database: the instance uuid, or the BIOS uuid as long as that is not known. */
  declare vmIdentity: string | null;
  declare unreplicatedDisks: unknown;
}
