import { Row } from './row.ts';

/** The last look at the volumes of a CloudStack. */
export class VolumeLookRow extends Row {
  static override tableName = 'volume_looks';
  static override idColumn = 'ossea_config_id';

  declare osseaConfigId: number;
  declare triedAt: Date;
  /** Why the last try found nothing out; null when it did. */
  declare errorCode: string | null;
  declare errorText: string | null;
  /** When it last succeeded. */
  declare lookedAt: Date | null;
  /** How many volumes there were then. */
  declare volumes: number | null;
}
