import { Row } from './row.ts';

/** One vCenter account; `passwordEncrypted` is sealed. */
export class VmwareCredential extends Row {
  static override tableName = 'vmware_credentials';
  static override idColumn = 'id';
  static override booleans = ['isActive', 'isDefault'];

  declare id: number;
  declare credentialName: string;
  declare vcenterHost: string;
  declare username: string;
  declare passwordEncrypted: string;
  declare datacenter: string;
  declare isActive: boolean;
  declare isDefault: boolean;
  declare createdBy: string | null;
  declare lastUsed: Date | null;
  declare usageCount: number;
  declare createdAt: Date;
  declare updatedAt: Date;
  declare vcenterThumbprint: string | null;
  declare vcenterCa: string | null;
}
