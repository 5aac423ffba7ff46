import { Row } from './row.ts';

/** An idle volume that is detached for a job that waits. */
export class SlotEviction extends Row {
  static override tableName = 'slot_evictions';
  static override idColumn = 'volume_id';

  declare volumeId: string;
  declare jobId: string;
  declare childKey: string;
  declare askedAt: Date;
}
