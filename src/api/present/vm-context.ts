import type { ContextRecord } from '../../db/stores/context-store.ts';
import type { DiskRecord } from '../../db/stores/disk-store.ts';
import { wire } from './wire.ts';

export function presentContext({ lastOperationSummary, ...context }: ContextRecord): Record<string, unknown> {
  return { ...wire(context), last_operation: lastOperationSummary };
}

/** `network_config` is JSON text, as the seed has it. */
export function presentDisk({ networkConfig, ...disk }: DiskRecord): Record<string, unknown> {
  return { ...wire(disk), network_config: networkConfig === null ? null : JSON.stringify(networkConfig) };
}
