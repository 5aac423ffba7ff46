import { Row } from './row.ts';

/** An OMA VM with its volume daemon, and the places for data disks that it has. */
export class OmaVm extends Row {
  static override tableName = 'oma_vms';
  static override idColumn = 'id';

  declare id: number;
  declare osseaConfigId: number;
  declare vmId: string;
  declare name: string;
  declare volumeDaemonUrl: string;
  declare zoneId: string;
  declare slots: number;
  declare foreignDisks: number;
  declare roomSeen: number | null;
  declare roomSeenAt: Date | null;
  declare lastSeenAt: Date;
  declare createdAt: Date;
  declare updatedAt: Date;
}
