import { Row } from './row.ts';

/** What happened to an appliance. */
export class VmaConnectionAudit extends Row {
  static override tableName = 'vma_connection_audit';
  static override idColumn = 'id';
  static override jsonAttributes = ['eventDetails'];

  declare id: number;
  declare enrollmentId: string | null;
  declare eventType:
    'enrollment' | 'verification' | 'approval' | 'rejection' | 'connection' | 'disconnection' | 'revocation';
  declare vmaFingerprint: string | null;
  declare sourceIp: string | null;
  declare userAgent: string | null;
  declare approvedBy: string | null;
  declare eventDetails: unknown;
  declare createdAt: Date;
}
