import { Row } from './row.ts';

/** What one job did to one disk. */
export class CbtHistory extends Row {
  static override tableName = 'cbt_history';
  static override idColumn = 'id';
  static override booleans = ['syncSuccess'];

  declare id: number;
  declare jobId: string;
  declare vmContextId: string | null;
  declare diskId: string;
  declare changeId: string | null;
  declare previousChangeId: string | null;
  declare syncType: string;
  declare syncSuccess: boolean;
  declare blocksChanged: number;
  declare bytesTransferred: number;
  declare syncDurationSeconds: number;
  declare createdAt: Date;
  declare updatedAt: Date;
  declare reason: string | null;
  declare landedIn: 'volume' | 'overlay' | null;
  declare inPlaceReason: string | null;
}
