import { Row } from './row.ts';

/** The export of one target volume; the wire name and the URIs of the open one are in `metadata`. */
export class NbdExport extends Row {
  static override tableName = 'nbd_exports';
  static override idColumn = 'id';
  static override jsonAttributes = ['metadata'];

  declare id: string;
  declare jobId: string | null;
  declare vmContextId: string | null;
  declare volumeId: string;
  declare exportName: string;
  declare devicePath: string;
  declare port: number;
  declare status: string;
  declare configPath: string | null;
  declare metadata: unknown;
  declare vmDiskId: number | null;
  declare deviceMappingUuid: string | null;
  declare createdAt: Date;
  declare updatedAt: Date;
}
