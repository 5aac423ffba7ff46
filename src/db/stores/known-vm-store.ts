import type { Knex } from 'knex';
import type { ContextStatus } from '../../domain/context-status.ts';
import { select } from '../sql.ts';

/** A VM as accepting a replication needs it. */
export interface KnownVm {
  readonly contextId: string;
  readonly vmName: string;
  readonly vmwareVmId: string;
  readonly vmPath: string;
  readonly currentStatus: ContextStatus;
  readonly osseaConfigId: number | null;
  /** What its source last told, as stored; null when nothing is. */
  readonly inventory: unknown;
  /** A cycle of one of its disks was committed. */
  readonly hasChangeId: boolean;
  /** One of its disks has a volume in the target cloud. */
  readonly hasVolume: boolean;
}

/** True where a committed cycle of a disk of this VM is known; a part of a SELECT from `vm_replication_contexts context`. */
export const HAS_CHANGE_ID = `EXISTS (SELECT 1 FROM vm_disks disk
  WHERE disk.vm_context_id = context.context_id AND disk.disk_change_id <> '')`;

type Row = {
  readonly [name in 'context_id' | 'vm_name' | 'vmware_vm_id' | 'vm_path']: string;
} & {
  readonly current_status: ContextStatus;
  readonly ossea_config_id: number | null;
  readonly source_inventory: unknown;
  readonly has_change_id: number;
  readonly has_volume: number;
};

/** One statement: a busy API lives on few round trips. */
export async function knownVm(db: Knex, contextId: string): Promise<KnownVm | undefined> {
  const [row] = await select<Row>(
    db,
    `SELECT context_id, vm_name, vmware_vm_id, vm_path, current_status, ossea_config_id, source_inventory,
            ${HAS_CHANGE_ID} AS has_change_id,
            EXISTS (SELECT 1 FROM vm_disks disk
                     WHERE disk.vm_context_id = context.context_id AND disk.ossea_volume_id IS NOT NULL) AS has_volume
       FROM vm_replication_contexts context WHERE context_id = ?`,
    [contextId],
  );
  if (row === undefined) return undefined;
  const inventory: unknown = row.source_inventory;
  return {
    contextId: row.context_id,
    vmName: row.vm_name,
    vmwareVmId: row.vmware_vm_id,
    vmPath: row.vm_path,
    currentStatus: row.current_status,
    osseaConfigId: row.ossea_config_id,
    // MySQL has a type for JSON, MariaDB delivers its text.
    inventory: typeof inventory === 'string' ? (JSON.parse(inventory) as unknown) : inventory,
    hasChangeId: row.has_change_id === 1,
    hasVolume: row.has_volume === 1,
  };
}
