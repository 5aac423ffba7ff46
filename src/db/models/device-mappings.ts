import { Row } from './row.ts';

/** Which attached volume is which Linux device; `size` in bytes. */
export class DeviceMapping extends Row {
  static override tableName = 'device_mappings';
  static override idColumn = 'id';
  static override booleans = ['requiresDeviceCorrelation'];

  declare id: string;
  declare vmContextId: string | null;
  declare volumeUuid: string;
  declare volumeIdNumeric: number | null;
  declare vmId: string;
  declare operationMode: string;
  declare cloudstackDeviceId: number | null;
  declare requiresDeviceCorrelation: boolean | null;
  declare devicePath: string;
  declare cloudstackState: string;
  declare linuxState: string;
  declare linuxReason: string | null;
  declare size: number;
  declare lastSync: Date;
  declare osseaSnapshotId: string | null;
  declare snapshotCreatedAt: Date | null;
  declare snapshotStatus: string;
  declare persistentDeviceName: string | null;
  declare symlinkPath: string | null;
  declare createdAt: Date;
  declare updatedAt: Date;
}
