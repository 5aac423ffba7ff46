import { Row } from './row.ts';

/** One line for people about a job. */
export class JobExecutionLog extends Row {
  static override tableName = 'job_execution_log';
  static override idColumn = 'id';
  static override jsonAttributes = ['details'];

  declare id: number;
  declare jobId: string;
  declare logLevel: string;
  declare message: string;
  declare details: unknown;
  declare operationPhase: string | null;
  declare createdAt: Date;
}
