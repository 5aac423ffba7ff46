import { Row } from './row.ts';

/** Where our books and CloudStack disagree about a volume. */
export class VolumeFindingRow extends Row {
  static override tableName = 'volume_findings';
  static override idColumn = ['volume_id', 'kind'];

  declare volumeId: string;
  declare kind: string;
  declare osseaConfigId: number | null;
  declare vmContextId: string | null;
  declare name: string;
  declare text: string;
  /** JSON. */
  declare details: string;
  /** How often it was seen in a row. */
  declare looks: number;
  declare firstSeenAt: Date;
  declare lastSeenAt: Date;
}
