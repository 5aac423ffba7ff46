import { Row } from './row.ts';

/** One CloudStack installation; `apiKey` and `secretKey` are sealed. */
export class OsseaConfig extends Row {
  static override tableName = 'ossea_configs';
  static override idColumn = 'id';
  static override booleans = ['isActive'];

  declare id: number;
  declare name: string;
  declare apiUrl: string;
  declare apiKey: string;
  declare secretKey: string;
  declare zone: string;
  declare domain: string | null;
  declare templateId: string | null;
  declare networkId: string | null;
  declare serviceOfferingId: string | null;
  declare diskOfferingId: string | null;
  declare omaVmId: string | null;
  declare isActive: boolean;
  declare createdAt: Date;
  declare updatedAt: Date;
}
