import type { Knex } from 'knex';
import { z } from 'zod';
import { GiB } from '../../base/units.ts';
import { VolumeFindingKind, type Books, type VolumeFinding } from '../../domain/volume-findings.ts';
import { VolumeFindingRow } from '../models/volume-findings.ts';
import { VolumeLookRow } from '../models/volume-looks.ts';
import { change, places, select } from '../sql.ts';
import { distrustContents, markExported } from './volume-store.ts';

/** What the looks at the volumes of a CloudStack found, and what they are judged by. */

export interface StoredFinding extends VolumeFinding {
  readonly configId: number | null;
  /** How often it was seen in a row. */
  readonly looks: number;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
}

export interface VolumeLook {
  readonly configId: number;
  readonly triedAt: Date;
  /** Why the last try found nothing out. */
  readonly error: { readonly code: string; readonly text: string } | null;
  readonly lookedAt: Date | null;
  readonly volumes: number | null;
}

/** The clouds that there are to look at: the active one, and those that volumes of ours live in. */
export async function configsWithVolumes(db: Knex): Promise<number[]> {
  const rows = await select<{ id: number }>(
    db,
    `SELECT id FROM ossea_configs config
     WHERE is_active = 1 OR EXISTS (SELECT 1 FROM ossea_volumes WHERE ossea_config_id = config.id) ORDER BY id`,
  );
  return rows.map((row) => row.id);
}

interface VolumeRow {
  readonly id: string;
  readonly name: string;
  readonly context_id: string | null;
  readonly size_bytes: number | null;
  readonly size_gb: number;
  readonly vm_id: string | null;
  readonly cloudstack_state: string | null;
  readonly linux_state: string | null;
  readonly linux_reason: string | null;
}

/** What is written of the volumes of one cloud. */
export async function readBooks(db: Knex, configId: number): Promise<Books> {
  const volumes = await select<VolumeRow>(
    db,
    `SELECT volume.volume_id AS id, volume.name, volume.vm_context_id AS context_id, volume.size_bytes, volume.size_gb,
            mapping.vm_id, mapping.cloudstack_state, mapping.linux_state, mapping.linux_reason
     FROM ossea_volumes volume LEFT JOIN device_mappings mapping ON mapping.volume_uuid = volume.volume_id
     WHERE volume.ossea_config_id = ? OR (volume.ossea_config_id IS NULL
           AND EXISTS (SELECT 1 FROM ossea_configs WHERE id = ? AND is_active = 1))`,
    [configId, configId],
  );
  const disks = await select<{ contextId: string; diskId: string }>(
    db,
    'SELECT vm_context_id AS contextId, disk_id AS diskId FROM vm_disks WHERE vm_context_id IS NOT NULL',
  );
  const contexts = await select<{ id: string }>(db, 'SELECT context_id AS id FROM vm_replication_contexts');
  return {
    volumes: volumes.map((row) => ({
      id: row.id,
      name: row.name,
      contextId: row.context_id,
      sizeBytes: row.size_bytes ?? row.size_gb * GiB,
      mapping:
        row.vm_id === null
          ? undefined
          : {
              vmId: row.vm_id,
              cloudstackState: row.cloudstack_state ?? '',
              linuxState: row.linux_state ?? '',
              linuxReason: row.linux_reason,
            },
    })),
    disks,
    contextIds: contexts.map((row) => row.id),
    busy: await busyVolumes(db),
  };
}

/** Ids, and names of those that are being made. */
async function busyVolumes(db: Knex): Promise<ReadonlySet<string>> {
  const rows = await select<{ volume_id: string | null; name: string | null; volume_ids: unknown }>(
    db,
    `SELECT volume_id, JSON_VALUE(request, '$.name') AS name, JSON_QUERY(request, '$.volume_ids') AS volume_ids
     FROM volume_operations WHERE status IN ('pending', 'executing')`,
  );
  return new Set(
    rows.flatMap((row) => [
      ...(row.volume_id === null ? [] : [row.volume_id]),
      ...(row.name === null ? [] : [row.name]),
      ...idsOf(row.volume_ids),
    ]),
  );
}

const VolumeIds = z.array(z.string());

/** The connection parses what a JSON function gives, where the server says that it is JSON; not every server does. */
function idsOf(volumeIds: unknown): string[] {
  if (volumeIds === null) return [];
  return VolumeIds.parse(typeof volumeIds === 'string' ? JSON.parse(volumeIds) : volumeIds);
}

/**
 * Keeps what is still so, with the number of looks; what is not seen any more goes. A volume that another VM has is not
 * believed any more from the first look on, once for each time that it is found there.
 */
export async function saveLook(
  trx: Knex.Transaction,
  configId: number,
  look: { readonly findings: readonly VolumeFinding[]; readonly volumes: number },
): Promise<void> {
  for (const finding of look.findings) {
    if (finding.kind === 'attached-elsewhere') await distrustOnce(trx, finding);
    const { volumeId, kind, contextId, name, text, details } = finding;
    const cells = [configId, contextId, name.slice(0, 255), text.slice(0, 1000), JSON.stringify(details)];
    await change(
      trx,
      `INSERT INTO volume_findings (volume_id, kind, ossea_config_id, vm_context_id, name, text, details, looks,
                                    first_seen_at, last_seen_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, 1, NOW(3), NOW(3))
       ON DUPLICATE KEY UPDATE ossea_config_id = ?, vm_context_id = ?, name = ?, text = ?, details = ?,
                               looks = looks + 1, last_seen_at = NOW(3)`,
      [volumeId, kind, ...cells, ...cells],
    );
  }
  const seen = look.findings.map(({ volumeId, kind }) => `${kind} ${volumeId}`);
  const rest = seen.length === 0 ? '' : `AND CONCAT(kind, ' ', volume_id) NOT IN (${places(seen)})`;
  await change(trx, `DELETE FROM volume_findings WHERE ossea_config_id = ? ${rest}`, [configId, ...seen]);
  await change(
    trx,
    `INSERT INTO volume_looks (ossea_config_id, tried_at, looked_at, volumes) VALUES (?, NOW(3), NOW(3), ?)
     ON DUPLICATE KEY UPDATE tried_at = NOW(3), error_code = NULL, error_text = NULL, looked_at = NOW(3), volumes = ?`,
    [configId, look.volumes, look.volumes],
  );
}

/**
 * An OMA VM writes nothing by itself, and the list of a cloud may be older than our rows: a volume that was moved between
 * OMA VMs behind our back is distrusted when it is attached again.
 */
async function distrustOnce(trx: Knex.Transaction, { volumeId, kind, details }: VolumeFinding): Promise<void> {
  const vmId = String(details['attached_to']);
  const [oma] = await select<unknown>(trx, 'SELECT 1 FROM oma_vms WHERE vm_id = ?', [vmId]);
  if (oma !== undefined) return;
  const [known] = await select<unknown>(
    trx,
    `SELECT 1 FROM volume_findings WHERE volume_id = ? AND kind = ? AND JSON_VALUE(details, '$.attached_to') = ?
     FOR UPDATE`,
    [volumeId, kind, vmId],
  );
  if (known !== undefined) return;
  await markExported(trx, volumeId);
  await distrustContents(trx, volumeId, `found attached to VM ${vmId}, and not by us`);
}

/** What was found before stays, with its time. */
export async function saveLookError(
  trx: Knex,
  configId: number,
  { code, text }: { readonly code: string; readonly text: string },
): Promise<void> {
  await change(
    trx,
    `INSERT INTO volume_looks (ossea_config_id, tried_at, error_code, error_text) VALUES (?, NOW(3), ?, ?)
     ON DUPLICATE KEY UPDATE tried_at = NOW(3), error_code = ?, error_text = ?`,
    [configId, code, text, code, text],
  );
}

/** What is known against one volume. */
export async function findingsAbout(db: Knex, volumeId: string): Promise<StoredFinding[]> {
  return (await ofKnownKinds(db).where({ volume_id: volumeId })).map(toFinding);
}

/** Kind, name and volume: the order of the list. */
export type FindingKey = readonly [string, string, string];

/** One page by kind and name, and how many there are in all. */
export async function listFindings(
  db: Knex,
  { limit, after }: { readonly limit: number; readonly after?: FindingKey | undefined },
): Promise<{ readonly total: number; readonly findings: StoredFinding[] }> {
  const page = ofKnownKinds(db).limit(limit);
  if (after !== undefined) {
    const [kind, name, volumeId] = after;
    const isAfter = '(kind > ? or (kind = ? and (name > ? or (name = ? and volume_id > ?))))';
    void page.whereRaw(isAfter, [kind, kind, name, name, volumeId]);
  }
  return { total: await ofKnownKinds(db).resultSize(), findings: (await page).map(toFinding) };
}

/** Another version of this program may know more kinds: its next look replaces them. */
const ofKnownKinds = (db: Knex) =>
  VolumeFindingRow.query(db).whereIn('kind', VolumeFindingKind.options).orderBy(['kind', 'name', 'volume_id']);

function toFinding(row: VolumeFindingRow): StoredFinding {
  const { volumeId, vmContextId: contextId, osseaConfigId: configId, name, text, looks } = row;
  const { firstSeenAt, lastSeenAt } = row;
  const kind = VolumeFindingKind.parse(row.kind);
  const details = JSON.parse(row.details) as VolumeFinding['details'];
  return { volumeId, kind, contextId, configId, name, text, details, looks, firstSeenAt, lastSeenAt };
}

export async function listLooks(db: Knex): Promise<VolumeLook[]> {
  const rows = await VolumeLookRow.query(db).orderBy('ossea_config_id');
  return rows.map((row) => ({
    configId: row.osseaConfigId,
    triedAt: row.triedAt,
    error: row.errorCode === null ? null : { code: row.errorCode, text: row.errorText ?? '' },
    lookedAt: row.lookedAt,
    volumes: row.volumes,
  }));
}

export async function forgetFindings(trx: Knex, volumeId: string): Promise<void> {
  await change(trx, 'DELETE FROM volume_findings WHERE volume_id = ?', [volumeId]);
}
