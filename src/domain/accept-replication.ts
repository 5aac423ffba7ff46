import { conflict, precondition } from '../base/errors.ts';
import type { ContextStatus } from './context-status.ts';

/** Whether a replication may start now, and where it goes. Decided when it is accepted, and by the database's state alone. */

const WHAT_NOW: Partial<Record<ContextStatus, string>> = {
  failed_over_test: 'end the test failover first: its VM runs on the target volumes',
  failed_over_live: 'roll the failover back first: the VM runs on the target volumes',
  completed: 'this VM has been moved; its protection has ended',
  cleanup_required: 'clean the failed operation up first',
};

/**
 * Whether the state of the VM lets it be replicated. That no other job works on it is for the ledger to say.
 * @throws conflict `replication.not-allowed`
 */
export function assertMayReplicate(context: { readonly contextId: string; readonly status: ContextStatus }): void {
  const { contextId, status } = context;
  const hint = WHAT_NOW[status];
  if (hint === undefined) return;
  throw conflict('replication.not-allowed', `a VM that is ${status} cannot be replicated`, {
    hint,
    details: { contextId, status },
  });
}

/**
 * A committed changeId on any disk: the next cycle may move changes only. Which disks do is decided while it runs; the
 * queue says what to expect and does not change any more.
 */
export function replicationQueue(vm: { readonly hasChangeId: boolean }): 'replicate' | 'sync-cbt' {
  return vm.hasChangeId ? 'sync-cbt' : 'replicate';
}

/** What replication needs of the target cloud's configuration. */
export interface TargetSettings {
  readonly id: number;
  readonly name: string;
  readonly zone: string | null;
  readonly diskOfferingId: string | null;
  readonly omaVmId: string | null;
}

/** @throws precondition `ossea-config.incomplete` that names what is missing */
export function assertTargetComplete(target: TargetSettings): void {
  const needed: [path: string, value: string | null][] = [
    ['zone', target.zone],
    ['disk_offering_id', target.diskOfferingId],
    ['oma_vm_id', target.omaVmId],
  ];
  const missing = needed.filter(([, value]) => value === null || value === '').map(([path]) => path);
  if (missing.length === 0) return;
  throw precondition('ossea-config.incomplete', `the OSSEA configuration ${target.name} lacks ${missing.join(', ')}`, {
    hint: 'complete it: replication needs the zone, a disk offering and the VM of this appliance',
    details: {
      osseaConfigId: target.id,
      errors: missing.map((path) => ({ path: `ossea_config.${path}`, message: 'is not set' })),
    },
  });
}

/**
 * Status of a context after a replication: an earlier success keeps it usable, whatever happened to this job.
 */
export function statusAfterReplication(
  ended: 'completed' | 'failed' | 'cancelled',
  hasSuccess: boolean,
): 'ready_for_failover' | 'failed' | 'discovered' {
  if (ended === 'completed' || hasSuccess) return 'ready_for_failover';
  return ended === 'failed' ? 'failed' : 'discovered';
}
