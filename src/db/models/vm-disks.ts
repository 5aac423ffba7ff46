import { Row } from './row.ts';

/** One disk of a VM; `jobId` is its newest job. */
export class VmDisk extends Row {
  static override tableName = 'vm_disks';
  static override idColumn = 'id';
  static override jsonAttributes = ['networkConfig', 'biosSetup'];
  static override decimals = ['syncProgressPercent'];

  declare id: number;
  declare jobId: string;
  declare vmContextId: string | null;
  declare diskId: string;
  declare vmdkPath: string;
  declare sizeGb: number;
  declare datastore: string | null;
  declare unitNumber: number | null;
  declare label: string | null;
  declare capacityBytes: number | null;
  declare provisioningType: string | null;
  declare osseaVolumeId: number | null;
  declare diskChangeId: string | null;
  declare syncStatus: string;
  declare syncProgressPercent: number;
  declare bytesSynced: number;
  declare dirtySince: Date | null;
  declare targetGeneration: number;
  declare committedGeneration: number | null;
  declare lastFullReason: string | null;
  declare lastSyncMode: string | null;
  declare cpuCount: number | null;
  declare memoryMb: number | null;
  declare osType: string | null;
  declare vmToolsVersion: string | null;
  declare networkConfig: unknown;
  declare displayName: string | null;
  declare annotation: string | null;
  declare powerState: string | null;
  declare vmwareUuid: string | null;
  declare biosSetup: unknown;
  declare createdAt: Date;
  declare updatedAt: Date;
  declare commitJobId: string | null;
  declare commitDeviceKey: number | null;
  declare commitBackingUuid: string | null;
  declare commitObjectId: string | null;
  declare commitFileName: string | null;
  declare commitCapacityBytes: number | null;
  declare verifiedAt: Date | null;
  declare verifyReason: string | null;
}
