import { Row } from './row.ts';

/** One run of a schedule. */
export class ScheduleExecution extends Row {
  static override tableName = 'schedule_executions';
  static override idColumn = 'id';
  static override jsonAttributes = ['executionDetails', 'errorDetails'];

  declare id: string;
  declare scheduleId: string;
  declare groupId: string | null;
  declare scheduledAt: Date;
  declare startedAt: Date | null;
  declare completedAt: Date | null;
  declare status: 'scheduled' | 'running' | 'completed' | 'failed' | 'skipped' | 'cancelled';
  declare vmsEligible: number;
  declare jobsCreated: number;
  declare jobsCompleted: number;
  declare jobsFailed: number;
  declare jobsSkipped: number;
  declare executionDetails: unknown;
  declare errorMessage: string | null;
  declare errorDetails: unknown;
  declare executionDurationSeconds: number | null;
  declare triggeredBy: string;
  declare createdAt: Date;
  declare updatedAt: Date;
}
