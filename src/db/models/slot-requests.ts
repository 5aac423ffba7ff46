import { Row } from './row.ts';

/** A job that asked for places; `seq` is the line. */
export class SlotRequest extends Row {
  static override tableName = 'slot_requests';
  static override idColumn = 'job_id';

  declare jobId: string;
  declare seq: number;
  declare zoneId: string;
  declare omaVmId: number | null;
  declare grants: number;
  declare askedAt: Date;
  declare grantedAt: Date | null;
}
