import type { Knex } from 'knex';
import { SnapshotFindings } from '../../domain/snapshot-findings.ts';
import { SnapshotFindingsRow } from '../models/snapshot-findings.ts';
import { change, places, select } from '../sql.ts';

/** What the last sweep for snapshots found at each vCenter, and what a sweep needs to know. */

export interface SweptVcenter {
  readonly credentialId: number;
  readonly credentialName: string;
  readonly vcenterHost: string;
  readonly triedAt: Date;
  /** Why the last try found nothing out. */
  readonly error: { readonly code: string; readonly text: string } | null;
  /** When `findings` was true. */
  readonly checkedAt: Date | null;
  readonly findings: SnapshotFindings | null;
}

/** With what its credential tells. */
class Swept extends SnapshotFindingsRow {
  declare credentialName: string;
  declare vcenterHost: string;
}

/** Of active credentials, by their names. */
export async function sweptVcenters(db: Knex): Promise<SweptVcenter[]> {
  const rows = await Swept.query(db)
    .join('vmware_credentials', 'vmware_credentials.id', 'snapshot_findings.credential_id')
    .where('vmware_credentials.is_active', true)
    .select('snapshot_findings.*', 'vmware_credentials.credential_name', 'vmware_credentials.vcenter_host')
    .orderBy(['vmware_credentials.credential_name', 'vmware_credentials.id']);
  return rows.map((row) => ({
    credentialId: row.credentialId,
    credentialName: row.credentialName,
    vcenterHost: row.vcenterHost,
    triedAt: row.triedAt,
    error: row.errorCode === null ? null : { code: row.errorCode, text: row.errorText ?? '' },
    checkedAt: row.checkedAt,
    findings: row.findings === null ? null : readFindings(row.findings),
  }));
}

/** Of another version of this program they may be something else: the next sweep replaces them. */
function readFindings(json: string): SnapshotFindings | null {
  return SnapshotFindings.safeParse(JSON.parse(json)).data ?? null;
}

/** A credential that was deleted meanwhile has no findings. */
export async function saveFindings(trx: Knex, credentialId: number, findings: SnapshotFindings): Promise<void> {
  await change(
    trx,
    `INSERT INTO snapshot_findings (credential_id, tried_at, checked_at, findings)
     SELECT id, NOW(3), NOW(3), ? FROM vmware_credentials WHERE id = ?
     ON DUPLICATE KEY UPDATE tried_at = NOW(3), error_code = NULL, error_text = NULL, checked_at = NOW(3), findings = ?`,
    [JSON.stringify(findings), credentialId, JSON.stringify(findings)],
  );
}

/** What was found before stays, with its time. */
export async function saveSweepError(
  trx: Knex,
  credentialId: number,
  { code, text }: { readonly code: string; readonly text: string },
): Promise<void> {
  await change(
    trx,
    `INSERT INTO snapshot_findings (credential_id, tried_at, error_code, error_text)
     SELECT id, NOW(3), ?, ? FROM vmware_credentials WHERE id = ?
     ON DUPLICATE KEY UPDATE tried_at = NOW(3), error_code = ?, error_text = ?`,
    [code, text, credentialId, code, text],
  );
}

/** The vCenters that there are to look at. */
export async function activeCredentialIds(db: Knex): Promise<number[]> {
  const rows = await select<{ id: number }>(db, 'SELECT id FROM vmware_credentials WHERE is_active = 1 ORDER BY id');
  return rows.map((row) => row.id);
}

/** Those that the ledger knows. */
export async function statusesOfJobs(db: Knex, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const sql = `SELECT id, status FROM job_tracking WHERE id IN (${places(ids)})`;
  const rows = await select<{ id: string; status: string }>(db, sql, ids);
  return new Map(rows.map((row) => [row.id, row.status]));
}
