import { Row } from './row.ts';

/** A volume whose place a job asks for, or has. */
export class SlotHold extends Row {
  static override tableName = 'slot_holds';
  static override idColumn = ['job_id', 'volume_id'];

  declare jobId: string;
  declare volumeId: string;
}
