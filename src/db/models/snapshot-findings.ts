import { Row } from './row.ts';

/** What the last sweep for snapshots found at the vCenter of a credential. */
export class SnapshotFindingsRow extends Row {
  static override tableName = 'snapshot_findings';
  static override idColumn = 'credential_id';

  declare credentialId: number;
  declare triedAt: Date;
  /** Why the last try found nothing out; null when it did. */
  declare errorCode: string | null;
  declare errorText: string | null;
  /** When `findings` was true; null before the first try that succeeded. */
  declare checkedAt: Date | null;
  /** JSON. */
  declare findings: string | null;
}
