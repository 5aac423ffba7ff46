import type { Knex } from 'knex';
import { GiB } from '../../base/units.ts';
import { select } from '../sql.ts';
import type { OperationMode } from './device-mapping-store.ts';

/** The volumes of this installation as people look at them: with VM and disk, where they are attached, and as what. */

export interface ListedVolume {
  readonly volumeId: string;
  readonly name: string;
  readonly contextId: string | null;
  readonly vmName: string | null;
  /** Null for one that no disk has (any more). */
  readonly diskId: string | null;
  readonly sizeBytes: number;
  readonly state: string;
  /** The VM of CloudStack that it is attached to, by our rows. */
  readonly attachedTo: string | null;
  /** Where that is an OMA VM. */
  readonly omaVmName: string | null;
  readonly mode: OperationMode | null;
  readonly devicePath: string | null;
  readonly linuxState: string | null;
  readonly configId: number | null;
  readonly configName: string | null;
  /** How many findings there are about it. */
  readonly findings: number;
}

export interface VolumeFilter {
  readonly contextId?: string | undefined;
  readonly limit: number;
  /** Name and id of the last one of the page before. */
  readonly after?: readonly [string, string] | undefined;
}

interface Row extends Omit<ListedVolume, 'sizeBytes' | 'findings'> {
  readonly sizeBytes: number | string | null;
  readonly sizeGb: number;
  readonly findings: number | string;
}

const ROWS = `
  SELECT volume.volume_id AS volumeId, volume.name, volume.vm_context_id AS contextId, context.vm_name AS vmName,
         (SELECT MIN(disk.disk_id) FROM vm_disks disk WHERE disk.ossea_volume_id = volume.id) AS diskId,
         volume.size_bytes AS sizeBytes, volume.size_gb AS sizeGb, volume.state, mapping.vm_id AS attachedTo,
         oma.name AS omaVmName, mapping.operation_mode AS mode, mapping.device_path AS devicePath,
         mapping.linux_state AS linuxState, volume.ossea_config_id AS configId, config.name AS configName,
         (SELECT COUNT(*) FROM volume_findings finding WHERE finding.volume_id = volume.volume_id) AS findings
    FROM ossea_volumes volume
    LEFT JOIN vm_replication_contexts context ON context.context_id = volume.vm_context_id
    LEFT JOIN device_mappings mapping ON mapping.volume_uuid = volume.volume_id
    LEFT JOIN oma_vms oma ON oma.vm_id = mapping.vm_id
    LEFT JOIN ossea_configs config ON config.id = volume.ossea_config_id`;

/** One page by name, and how many there are in all. */
export async function listVolumeRows(
  db: Knex,
  { contextId, limit, after }: VolumeFilter,
): Promise<{ readonly total: number; readonly rows: ListedVolume[] }> {
  const ofVm = contextId === undefined ? [] : ['volume.vm_context_id = ?'];
  const beyond = after === undefined ? [] : ['(volume.name > ? OR (volume.name = ? AND volume.volume_id > ?))'];
  const whose = contextId === undefined ? [] : [contextId];
  const key = after === undefined ? [] : [after[0], after[0], after[1]];
  const rows = await select<Row>(
    db,
    `${ROWS} ${where([...ofVm, ...beyond])} ORDER BY volume.name, volume.volume_id LIMIT ?`,
    [...whose, ...key, limit],
  );
  const counted = `SELECT COUNT(*) AS total FROM ossea_volumes volume ${where(ofVm)}`;
  const [count] = await select<{ total: number | string }>(db, counted, whose);
  return {
    total: Number(count?.total ?? 0),
    rows: rows.map(({ sizeGb, ...row }) => ({
      ...row,
      sizeBytes: Number(row.sizeBytes ?? sizeGb * GiB),
      findings: Number(row.findings),
    })),
  };
}

const where = (conditions: readonly string[]): string =>
  conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
