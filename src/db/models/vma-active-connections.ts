import { Row } from './row.ts';

/** An appliance that may connect. */
export class VmaActiveConnection extends Row {
  static override tableName = 'vma_active_connections';
  static override idColumn = 'id';

  declare id: string;
  declare enrollmentId: string;
  declare vmaName: string | null;
  declare vmaFingerprint: string | null;
  declare sshUser: string;
  declare connectionStatus: 'connected' | 'disconnected' | 'revoked';
  declare lastSeenAt: Date;
  declare connectedAt: Date;
  declare revokedAt: Date | null;
  declare revokedBy: string | null;
}
