import { Row } from './row.ts';

/** One step of one job. */
export class JobStep extends Row {
  static override tableName = 'job_steps';
  static override idColumn = 'id';
  static override jsonAttributes = ['metadata', 'output'];

  declare id: number;
  declare jobId: string;
  declare name: string;
  declare seq: number;
  declare status: 'running' | 'completed' | 'failed' | 'skipped';
  declare startedAt: Date;
  declare completedAt: Date | null;
  declare errorMessage: string | null;
  declare metadata: unknown;
  declare output: unknown;
  declare runs: number;
  declare undoneAt: Date | null;
}
