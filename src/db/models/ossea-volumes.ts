import { Row } from './row.ts';

/** One CloudStack volume of ours; `volumeId` is its uuid there. */
export class OsseaVolume extends Row {
  static override tableName = 'ossea_volumes';
  static override idColumn = 'id';
  static override booleans = ['poolStartsZero'];

  declare id: number;
  declare volumeId: string;
  declare vmContextId: string | null;
  declare name: string;
  declare sizeGb: number;
  declare sizeBytes: number | null;
  declare diskOfferingId: string | null;
  declare state: string;
  declare devicePath: string | null;
  declare vmId: string | null;
  declare zoneId: string | null;
  declare osseaConfigId: number | null;
  declare volumeType: string | null;
  declare mountPoint: string | null;
  declare snapshotId: string | null;
  declare snapshotName: string | null;
  declare snapshotCreatedAt: Date | null;
  declare snapshotStatus: string;
  declare poolStartsZero: boolean;
  declare exportedAt: Date | null;
  declare createdAt: Date;
  declare updatedAt: Date;
  /** Of the disk when the snapshot was made; null when nobody could say what the volume held. */
  declare snapshotGeneration: number | null;
  declare snapshotChangeId: string | null;
}
