import { Row } from './row.ts';

/** An appliance that asked to join. */
export class VmaEnrollment extends Row {
  static override tableName = 'vma_enrollments';
  static override idColumn = 'id';

  declare id: string;
  declare pairingCode: string;
  declare vmaPublicKey: string;
  declare vmaName: string | null;
  declare vmaVersion: string | null;
  declare vmaFingerprint: string | null;
  declare vmaIpAddress: string | null;
  declare challengeNonce: string | null;
  declare status: 'pending_verification' | 'awaiting_approval' | 'approved' | 'rejected' | 'expired';
  declare approvedBy: string | null;
  declare approvedAt: Date | null;
  declare expiresAt: Date;
  declare createdAt: Date;
  declare updatedAt: Date;
}
