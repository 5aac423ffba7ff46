import { Row } from './row.ts';

/** What lies above a volume while a cycle lands beside it. */
export class VolumeOverlay extends Row {
  static override tableName = 'volume_overlays';
  static override idColumn = 'volume_id';

  declare volumeId: string;
  declare overlayId: string;
  declare jobId: string;
  declare overlayKey: string;
  declare storeId: string;
  declare path: string;
  declare reservedBytes: number;
  declare state: 'filling' | 'sealed' | 'merging';
  declare createdAt: Date;
  declare sealedAt: Date | null;
}
