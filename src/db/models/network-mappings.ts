import { Row } from './row.ts';

/** Where one network of a VM leads; `vmId` is the name of the VM. */
export class NetworkMapping extends Row {
  static override tableName = 'network_mappings';
  static override idColumn = 'id';
  static override booleans = ['isTestNetwork'];

  declare id: number;
  declare vmId: string;
  declare vmContextId: string | null;
  declare vmwareVmId: string | null;
  declare sourceNetworkName: string;
  declare destinationNetworkId: string;
  declare destinationNetworkName: string;
  declare isTestNetwork: boolean;
  declare mappingType: 'live' | 'test' | 'both';
  declare networkStrategy: string | null;
  declare validationStatus: 'pending' | 'valid' | 'invalid';
  declare lastValidated: Date | null;
  declare createdAt: Date;
  declare updatedAt: Date;
}
