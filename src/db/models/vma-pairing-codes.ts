import { Row } from './row.ts';

/** A one-time code that lets an appliance ask to join. */
export class VmaPairingCode extends Row {
  static override tableName = 'vma_pairing_codes';
  static override idColumn = 'id';

  declare id: string;
  declare pairingCode: string;
  declare generatedBy: string;
  declare usedByEnrollmentId: string | null;
  declare expiresAt: Date;
  declare usedAt: Date | null;
  declare createdAt: Date;
}
