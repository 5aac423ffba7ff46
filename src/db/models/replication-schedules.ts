import { Row } from './row.ts';

/** When VMs are replicated. */
export class ReplicationSchedule extends Row {
  static override tableName = 'replication_schedules';
  static override idColumn = 'id';
  static override booleans = ['enabled', 'skipIfRunning'];

  declare id: string;
  declare name: string;
  declare description: string | null;
  declare cronExpression: string;
  declare scheduleType: 'cron' | 'chain';
  declare timezone: string;
  declare chainParentScheduleId: string | null;
  declare chainDelayMinutes: number;
  declare replicationType: 'full' | 'incremental' | 'auto';
  declare maxConcurrentJobs: number;
  declare retryAttempts: number;
  declare retryDelayMinutes: number;
  declare enabled: boolean;
  declare skipIfRunning: boolean;
  declare createdBy: string;
  declare createdAt: Date;
  declare updatedAt: Date;
  declare lastExecutionAt: Date | null;
  declare nextExecutionAt: Date | null;
}
