/** Where a VM stands between discovery and the new cloud: vm_replication_contexts.current_status. The seed's words. */
export const CONTEXT_STATUSES = [
  'discovered',
  'replicating',
  'ready_for_failover',
  'failed_over_test',
  'failed_over_live',
  'completed',
  'failed',
  'cleanup_required',
] as const;

export type ContextStatus = (typeof CONTEXT_STATUSES)[number];
