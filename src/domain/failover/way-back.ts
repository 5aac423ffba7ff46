import { conflict } from '../../base/errors.ts';
import type { ContextStatus } from '../context-status.ts';
import { isActive } from './status.ts';

/** Whether a failover may be rolled back, cleaned up or committed, by the database's state alone. */
export interface FailoverEnd {
  readonly jobId: string;
  readonly jobType: 'live' | 'test';
  readonly status: string;
  readonly committedAt: Date | null;
  readonly contextStatus: ContextStatus;
}

const OF_TYPE = { live: 'failed_over_live', test: 'failed_over_test' } as const;

/**
 * A failover that stands, or one whose end left something behind.
 * @throws conflict `failover.running`, `failover.committed`, `failover.not-standing`
 */
export function assertMayRollBack(failover: FailoverEnd): void {
  const { jobId, jobType, contextStatus } = failover;
  assertEnded(failover);
  if (failover.committedAt !== null || contextStatus === 'completed') {
    throw conflict('failover.committed', `failover ${jobId} is committed: its snapshots are gone`, {
      hint: 'nothing leads back any more; protect the VM where it runs now',
      details: { jobId },
    });
  }
  if (contextStatus === OF_TYPE[jobType] || contextStatus === 'cleanup_required') return;
  throw conflict('failover.not-standing', `failover ${jobId} left nothing that could be rolled back`, {
    hint: `the VM is ${contextStatus}: nothing is left to do`,
    details: { jobId, contextStatus },
  });
}

/**
 * What a failed failover, or a failed rollback, left behind.
 * @throws conflict `failover.running`, `failover.nothing-failed`
 */
export function assertMayCleanUpFailed(failover: FailoverEnd): void {
  assertEnded(failover);
  const { jobId, status, contextStatus } = failover;
  if (contextStatus === 'cleanup_required' || (status === 'failed' && contextStatus !== 'completed')) return;
  throw conflict('failover.nothing-failed', `failover ${jobId} did not fail`, {
    hint: 'to end a failover that went well, roll it back',
    details: { jobId, status, contextStatus },
  });
}

/**
 * A commit that ended half way may be asked for again.
 * @throws conflict `failover.running`, `failover.committed`, `failover.not-standing`
 */
export function assertMayCommit(failover: FailoverEnd): void {
  const { jobId, jobType, contextStatus } = failover;
  assertEnded(failover);
  if (contextStatus === 'completed') {
    throw conflict('failover.committed', `failover ${jobId} is committed already`, { hint: 'nothing is left to do' });
  }
  if (jobType === 'live' && failover.status === 'completed' && contextStatus === 'failed_over_live') return;
  throw conflict('failover.not-standing', `failover ${jobId} is not a live failover that stands`, {
    hint: 'only a live failover that succeeded, and was not rolled back, is committed',
    details: { jobId, jobType, contextStatus },
  });
}

function assertEnded({ jobId, status }: FailoverEnd): void {
  if (!isActive(status)) return;
  throw conflict('failover.running', `failover ${jobId} is ${status}`, {
    hint: 'wait for its end, or cancel it',
    details: { jobId, status },
  });
}
