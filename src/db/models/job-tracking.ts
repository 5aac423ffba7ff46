import { Row } from './row.ts';

/** One job: the ledger. */
export class JobTracking extends Row {
  static override tableName = 'job_tracking';
  static override idColumn = 'id';
  static override jsonAttributes = ['metadata', 'payload', 'result'];

  declare id: string;
  declare parentJobId: string | null;
  declare jobType:
    | 'cleanup'
    | 'failover'
    | 'migration'
    | 'cloudstack'
    | 'volume_daemon'
    | 'linstor'
    | 'virtio'
    | 'ossea'
    | 'scheduler'
    | 'discovery'
    | 'bulk-operations'
    | 'group-management'
    | 'conflict-detection'
    | 'phantom-detection'
    | 'schedule_management'
    | 'schedule_control';
  declare operation: string;
  declare status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
  declare cloudstackJobId: string | null;
  declare externalJobId: string | null;
  declare metadata: unknown;
  declare errorMessage: string | null;
  declare percentComplete: number | null;
  declare owner: string | null;
  declare contextId: string | null;
  declare jobCategory: 'system' | 'failover' | 'replication' | 'scheduler' | 'discovery' | 'bulk';
  declare startedAt: Date | null;
  declare completedAt: Date | null;
  declare canceledAt: Date | null;
  declare createdAt: Date;
  declare updatedAt: Date;
  declare queue: string | null;
  declare payload: unknown;
  declare priority: number;
  declare dispatchState: string;
  declare dispatchGeneration: number;
  declare dispatchedAt: Date | null;
  declare notBefore: Date;
  declare attempt: number;
  declare maxAttempts: number;
  declare leaseOwner: string | null;
  declare leaseEpoch: number;
  declare leaseExpiresAt: Date | null;
  declare activeContextId: string | null;
  declare cancelRequestedAt: Date | null;
  declare cancelReason: string | null;
  declare result: unknown;
  declare errorCode: string | null;
  declare errorHint: string | null;
  declare childKey: string | null;
  declare parentEpoch: number | null;
  declare waitingUntil: Date | null;
  declare workflowDirection: string;
  declare workflowCommittedAt: Date | null;
  declare workflowReason: string | null;
  declare requestId: string | null;
}
