import type { Knex } from 'knex';
import { change, select } from '../sql.ts';

export interface AdoptiveDisk {
  readonly id: number;
  readonly capacityBytes: number;
  /** UUID of the volume that it has. */
  readonly volumeId: string | null;
}

/** The disk, locked until the transaction ends. */
export async function diskForAdoption(
  trx: Knex.Transaction,
  of: { readonly contextId: string; readonly diskId: string },
): Promise<AdoptiveDisk | undefined> {
  const rows = await select<{ id: number; capacityBytes: number | string; volumeId: string | null }>(
    trx,
    `SELECT disk.id, COALESCE(disk.capacity_bytes, disk.size_gb * POW(2, 30)) AS capacityBytes,
            (SELECT volume_id FROM ossea_volumes WHERE id = disk.ossea_volume_id) AS volumeId
     FROM vm_disks disk WHERE disk.vm_context_id = ? AND disk.disk_id = ? FOR UPDATE`,
    [of.contextId, of.diskId],
  );
  return rows.map((row) => ({ ...row, capacityBytes: Number(row.capacityBytes) }))[0];
}

/** Where volumes of a VM are, its replications go. False, and nothing changed: it has volumes in another cloud. */
export async function bindToCloud(
  trx: Knex.Transaction,
  { contextId, configId }: { readonly contextId: string; readonly configId: number | null },
): Promise<boolean> {
  const rows = await select<unknown>(
    trx,
    `SELECT 1 FROM vm_replication_contexts context
     WHERE context.context_id = ? AND NOT context.ossea_config_id <=> ?
       AND EXISTS (SELECT 1 FROM vm_disks disk
                   WHERE disk.vm_context_id = context.context_id AND disk.ossea_volume_id IS NOT NULL)
     FOR UPDATE`,
    [contextId, configId],
  );
  if (rows.length > 0) return false;
  await change(trx, 'UPDATE vm_replication_contexts SET ossea_config_id = ? WHERE context_id = ?', [
    configId,
    contextId,
  ]);
  return true;
}
