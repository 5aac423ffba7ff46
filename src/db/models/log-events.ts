import { Row } from './row.ts';

/** One log record. */
export class LogEvent extends Row {
  static override tableName = 'log_events';
  static override idColumn = 'id';
  static override jsonAttributes = ['attrs'];

  declare id: number;
  declare jobId: string | null;
  declare stepId: number | null;
  declare level: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  declare message: string;
  declare attrs: unknown;
  declare ts: Date;
  declare externalJobId: string | null;
}
