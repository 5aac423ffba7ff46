import { Row } from './row.ts';

/** One change of status of a volume operation. */
export class VolumeOperationHistory extends Row {
  static override tableName = 'volume_operation_history';
  static override idColumn = 'id';
  static override jsonAttributes = ['details'];

  declare id: number;
  declare operationId: string;
  declare previousStatus: string | null;
  declare newStatus: string;
  declare changedAt: Date;
  declare details: unknown;
}
