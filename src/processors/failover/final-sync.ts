import { AppError } from '../../base/errors.ts';
import { MINUTE } from '../../base/units.ts';
import { hasCommittedChanges, insertFinalSync } from '../../db/stores/replication-accept.ts';
import { replicationQueue } from '../../domain/accept-replication.ts';
import { replicate, syncCbt } from '../../queues/jobs/replicate.ts';
import type { StepWork } from '../../workflow/define.ts';
import type { Failover } from './context.ts';

/** It ends by itself, its attempts see to that; this only bounds how long a lost wake-up could last. */
const SYNC_WITHIN_MS = 30 * MINUTE;

/** One more cycle, by a job of its own: what was written between the last one and the shutdown of the source. */
export const finalSync: StepWork<Failover> = {
  async run({ context: { run, deps } }) {
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
    if (child.result !== undefined) return { jobId: child.jobId, bytesTransferred: child.result.bytesTransferred };
    if (child.error !== undefined) throw child.error;
    if (child.status === 'pending' || child.status === 'running') return run.park([child.jobId], SYNC_WITHIN_MS);
    throw new AppError('invariant', ['internal', `child ${child.jobId} is ${child.status} and says nothing`]);
  },
};
