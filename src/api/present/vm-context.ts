import { z } from 'zod';
import { NO_COPY, type CopyOfContext } from '../../db/stores/context-copy-store.ts';
import type { GroupOfContext } from '../../db/stores/context-group-store.ts';
import type { ContextRecord } from '../../db/stores/context-store.ts';
import type { DiskRecord } from '../../db/stores/disk-store.ts';
import { diskSpec, osFamily, SourceVm } from '../../domain/source-vm.ts';
import { wire } from './wire.ts';

const DiskIds = z.array(z.string()).catch([]);

export interface ContextFacts {
  readonly groups: ReadonlyMap<string, readonly GroupOfContext[]>;
  readonly copies: ReadonlyMap<string, CopyOfContext>;
}

export function presentContext(
  { lastOperationSummary, unreplicatedDisks, ...context }: ContextRecord,
  facts: ContextFacts,
): Record<string, unknown> {
  const groups = facts.groups.get(context.contextId) ?? [];
  return {
    ...wire(context),
    ...wire(facts.copies.get(context.contextId) ?? NO_COPY),
    groups: groups.map(wire),
    group_count: groups.length,
    unreplicated_disks: DiskIds.parse(unreplicatedDisks),
    last_operation: lastOperationSummary,
  };
}

/** `network_config` is JSON text, as the seed has it. */
export function presentDisk({ networkConfig, ...disk }: DiskRecord): Record<string, unknown> {
  return { ...wire(disk), network_config: networkConfig === null ? null : JSON.stringify(networkConfig) };
}

/**
 * The disks of a VM that never had a job, from what its source told; shaped as `presentDisk` does. Empty where the
 * source told nothing, or in a shape that this version cannot read.
 */
export function presentInventoryDisks(inventory: unknown): Record<string, unknown>[] {
  const parsed = SourceVm.safeParse(inventory);
  if (!parsed.success) return [];
  const vm = parsed.data;
  const ofTheVm = {
    cpu_count: vm.cpus ?? null,
    memory_mb: vm.memory_mb ?? null,
    os_type: osFamily(vm.os_type),
    network_config: JSON.stringify(vm.networks),
  };
  return vm.disks.map((disk) => ({ id: null, ...wire(diskSpec(disk)), ...NOT_SYNCED, ...ofTheVm }));
}

const NOT_SYNCED = {
  ossea_volume_id: null,
  disk_change_id: null,
  sync_status: 'pending',
  sync_progress_percent: 0,
  bytes_synced: 0,
  last_full_reason: null,
  verify_reason: null,
  verified_at: null,
};
