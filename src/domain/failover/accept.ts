import { conflict, invalidRequest } from '../../base/errors.ts';
import type { ContextStatus } from '../context-status.ts';
import { optionProblems, type FailoverOptions } from './options.ts';

/** Whether a failover may begin, by the database's state alone. That no other job works on the VM the ledger says. */
export interface FailoverSubject {
  readonly contextId: string;
  readonly status: ContextStatus;
  /** All disks of the last committed point are on their volumes as they were committed. */
  readonly hasUsableCopy: boolean;
}

const WHAT_NOW: Partial<Record<ContextStatus, string>> = {
  discovered: 'replicate it first',
  replicating: 'wait for the replication to end, or cancel it',
  failed_over_test: 'end the test failover first',
  failed_over_live: 'commit the failover, or roll it back',
  completed: 'this VM has been moved; its protection has ended',
  cleanup_required: 'clean the failed operation up first',
};

/**
 * @throws conflict `failover.not-allowed`, `failover.no-usable-copy`; invalid-request `failover.options` where they
 * contradict the kind of failover
 */
export function assertMayFailOver(subject: FailoverSubject, options: FailoverOptions): void {
  const { contextId, status, hasUsableCopy } = subject;
  const errors = optionProblems(options);
  if (errors.length > 0) {
    const said = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
    throw invalidRequest('failover.options', `not a ${options.type} failover: ${said}`, { details: { errors } });
  }
  const hint = WHAT_NOW[status];
  if (hint !== undefined) {
    throw conflict('failover.not-allowed', `a VM that is ${status} cannot be failed over`, {
      hint,
      details: { contextId, status },
    });
  }
  if (hasUsableCopy) return;
  throw conflict('failover.no-usable-copy', 'not every disk of this VM is on its volume as it was last committed', {
    hint: 'replicate the VM once more; a VM whose source is gone needs its last snapshot or backup',
    details: { contextId, status },
  });
}
