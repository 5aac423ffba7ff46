import { AppError, precondition } from '../../base/errors.ts';
import { MINUTE } from '../../base/units.ts';
import { hasCommittedChanges, insertFinalSync } from '../../db/stores/replication-accept.ts';
import { replicationQueue } from '../../domain/accept-replication.ts';
import type { Child } from '../../queues/define-job.ts';
import { replicate, syncCbt, type ReplicationResult } from '../../queues/jobs/replicate.ts';
import type { StepWork } from '../../workflow/define.ts';
import type { Failover } from './context.ts';

/** A cancelled replication undoes what it did and ends; this only bounds how long a lost wake-up could last. */
const ENDS_WITHIN_MS = 5 * MINUTE;

/**
 * One more cycle, by a job of its own: what was written between the last one and the shutdown of the source. The source
 * is off meanwhile, so it has a deadline; one that is over it is cancelled, and the failover is undone when it has ended.
 * @throws precondition `failover.final-sync-overdue`; why the replication failed
 */
export const finalSync: StepWork<Failover> = {
  async run({ context: { run, deps }, log }) {
    const { contextId } = run.payload;
    const hasChangeId = await hasCommittedChanges(deps.db, contextId);
    const contract = replicationQueue({ hasChangeId }) === 'sync-cbt' ? syncCbt : replicate;
    const child = await run.child({
      key: 'final-sync',
      contract,
      payload: { contextId, forceFull: false },
      domainRows: (trx, jobId) =>
        insertFinalSync(trx, { jobId, contextId, queue: hasChangeId ? 'sync-cbt' : 'replicate' }),
    });
    const leftMs = deps.finalSyncMs - child.ageMs;
    if (child.status !== 'pending' && child.status !== 'running') return endOf(child, { isOver: leftMs <= 0, deps });
    if (leftMs > 0) return run.park([child.jobId], leftMs);
    log.warn({ syncJobId: child.jobId, ageMs: child.ageMs }, 'final sync takes too long: it is cancelled');
    await run.cancelChild(child.jobId, `the failover ${run.jobId} waits no longer for its final sync`);
    return run.park([child.jobId], ENDS_WITHIN_MS);
  },
};

/** Nothing is lost when it ended well after all. */
function endOf(
  child: Child<ReplicationResult>,
  { isOver, deps }: { readonly isOver: boolean; readonly deps: Failover['deps'] },
): { jobId: string; bytesTransferred: number } {
  const { jobId, status, result, error } = child;
  if (result !== undefined) return { jobId, bytesTransferred: result.bytesTransferred };
  if (error === undefined)
    throw new AppError('invariant', ['internal', `child ${jobId} is ${status} and says nothing`]);
  if (status !== 'cancelled' || !isOver) throw error;
  const minutes = Math.round(deps.finalSyncMs / MINUTE);
  throw precondition('failover.final-sync-overdue', `the final sync had not ended within ${minutes} minutes`, {
    hint: 'replicate the VM, so that less is left to copy, and try again; or raise MIGRATEKIT_FINAL_SYNC_MINUTES',
    details: { jobId, minutes },
    cause: error,
  });
}
