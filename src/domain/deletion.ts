import { conflict } from '../base/errors.ts';
import type { ContextStatus } from './context-status.ts';

/** When a replication may be deleted, and what its VM is afterwards. */

export interface DeletionSubject {
  readonly jobId: string;
  /** Of replication_jobs. */
  readonly status: string;
  readonly contextStatus: ContextStatus;
  /** A failover of this VM that has not ended. */
  readonly activeFailoverId: string | null;
}

/**
 * @throws conflict `replication.active`, `replication.failed-over`, `failover.active`
 */
export function assertMayDelete(subject: DeletionSubject): void {
  const { jobId, status, contextStatus, activeFailoverId } = subject;
  if (status === 'pending' || status === 'running') {
    throw conflict('replication.active', `replication ${jobId} is ${status}`, {
      details: { jobId, status },
      hint: 'cancel it and wait for its end, then delete it',
    });
  }
  if (activeFailoverId !== null) {
    throw conflict('failover.active', `failover ${activeFailoverId} uses the volumes of this VM`, {
      details: { jobId, failoverJobId: activeFailoverId },
      hint: 'wait for its end, or roll it back',
    });
  }
  if (contextStatus === 'failed_over_test' || contextStatus === 'failed_over_live') {
    throw conflict('replication.failed-over', `a VM that is ${contextStatus} runs on the volumes of its replications`, {
      details: { jobId, contextStatus },
      hint:
        contextStatus === 'failed_over_test'
          ? 'end the test failover first'
          : 'roll the failover back first, or leave the replication as the record of it',
    });
  }
}

export interface ForgettingSubject {
  readonly contextId: string;
  readonly contextStatus: ContextStatus;
  /** A failover of this VM that has not ended. */
  readonly activeFailoverId: string | null;
}

/**
 * When a VM may be forgotten altogether. That no other job works on it is for the ledger to say.
 * @throws conflict `context.failed-over`, `failover.active`
 */
export function assertMayForget({ contextId, contextStatus, activeFailoverId }: ForgettingSubject): void {
  if (activeFailoverId !== null) {
    throw conflict('failover.active', `failover ${activeFailoverId} uses the volumes of this VM`, {
      details: { contextId, failoverJobId: activeFailoverId },
      hint: 'wait for its end, or roll it back',
    });
  }
  if (contextStatus === 'failed_over_test' || contextStatus === 'failed_over_live') {
    throw conflict('context.failed-over', `a VM that is ${contextStatus} runs on its target volumes`, {
      details: { contextId, contextStatus },
      hint: contextStatus === 'failed_over_test' ? 'end the test failover first' : 'roll the failover back first',
    });
  }
}

/** The volumes of a VM that has moved are its disks now: forgetting that we moved it leaves them alone. */
export const takesVolumes = (status: ContextStatus): boolean => status !== 'completed';

export interface AfterDeletion {
  readonly current: ContextStatus;
  /** Some state of the source is completely on the target, as far as we know. */
  readonly hasCopy: boolean;
  /** The deletion ended, and well. */
  readonly isDone: boolean;
  /** Status of the newest replication that remains; null when none does. */
  readonly newestStatus: string | null;
  /** Volumes of the VM that are still known. */
  readonly volumes: number;
}

/** Status of a VM after, or in the middle of, the deletion of one of its replications. */
export function statusAfterDeletion(facts: AfterDeletion): ContextStatus {
  const { current, hasCopy, isDone, newestStatus } = facts;
  // These were set by something that is not over because a record of a copy is gone.
  if (current === 'completed' || current === 'failed_over_test' || current === 'failed_over_live') return current;
  if (current === 'cleanup_required') {
    return isDone && newestStatus === null && facts.volumes === 0 ? 'discovered' : current;
  }
  if (hasCopy) return 'ready_for_failover';
  if (!isDone) return current === 'ready_for_failover' ? 'failed' : current;
  return newestStatus === 'failed' ? 'failed' : 'discovered';
}
