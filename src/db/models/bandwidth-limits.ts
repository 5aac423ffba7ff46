import { Row } from './row.ts';

/** How fast copies may be in general, where it is not what each worker is configured with. */
export class BandwidthLimit extends Row {
  static override tableName = 'bandwidth_limits';
  static override idColumn = 'scope';

  declare scope: 'worker' | 'job' | 'disk';
  /** 0: no limit. */
  declare bytesPerS: number;
  declare changedBy: string;
  declare updatedAt: Date;
}
