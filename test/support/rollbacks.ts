import { open } from 'node:fs/promises';
import type { JobRecord } from '../../src/db/stores/job-rows.ts';
import { noteFailover } from '../../src/db/stores/failover-store.ts';
import { expireFailovers } from '../../src/processors/expire-failovers.ts';
import { commitFailover } from '../../src/queues/jobs/commit-failover.ts';
import { rollback, type RollbackPayload } from '../../src/queues/jobs/rollback.ts';
import { submit } from '../../src/queues/submit.ts';
import { noise } from './nbd-servers.ts';
import type { ReplicationStand } from './replication-stand.ts';
import type { VsphereVm } from './vsphere-stand.ts';

/** What follows a failover: its rollback and its commit, as the API accepts them, and what its guest did before. */

/** @returns the id of the job */
export async function submitRollback(
  stand: ReplicationStand,
  of: Pick<RollbackPayload, 'contextId' | 'failoverJobId'> & Partial<RollbackPayload>,
): Promise<string> {
  const payload: RollbackPayload = { kind: 'rollback', powerOnSource: false, forceCleanup: false, ...of };
  const { contextId, failoverJobId } = payload;
  const submission = {
    contract: rollback,
    payload,
    contextId,
    domainRows: (trx: Parameters<typeof noteFailover>[0], jobId: string): Promise<void> =>
      noteFailover(trx, failoverJobId, { rolledBackBy: jobId }),
  };
  return (await submit(stand.ledger, submission)).jobId;
}

export async function committed(
  stand: ReplicationStand,
  of: { readonly contextId: string; readonly failoverJobId: string },
): Promise<JobRecord> {
  const { jobId } = await submit(stand.ledger, { contract: commitFailover, payload: of, contextId: of.contextId });
  return stand.ended(jobId);
}

/**
 * The time of a failover is over, and two leaders find that at once. @returns the id of the one job that ends it
 */
export async function runOut({ db, ledger }: ReplicationStand, failoverJobId: string): Promise<string> {
  const past = db.raw('now(3) - interval 1 second');
  await db('failover_jobs')
    .where({ job_id: failoverJobId })
    .update({
      test_expires_at: db.raw('if(test_expires_at is null, null, ?)', [past]),
      commit_due_at: db.raw('if(commit_due_at is null, null, ?)', [past]),
    });
  await Promise.all([expireFailovers.submit(ledger), expireFailovers.submit(ledger)]);
  const ids = await db('job_tracking')
    .whereIn('operation', ['rollback', 'commit-failover'])
    .whereNot('dispatch_state', 'closed')
    .pluck<string[]>('id');
  const [id = ''] = ids;
  if (ids.length !== 1) throw new Error(`the end of ${failoverJobId} was asked for ${ids.length} times`);
  return id;
}

/** What a VM that has the replica does to it. */
export async function guestWrites(vm: VsphereVm): Promise<void> {
  for (const [index, path] of (await vm.targetPaths()).entries()) {
    const file = await open(path, 'r+');
    try {
      await file.write(noise(70_000, 100 + index), 0, 70_000, 300_000);
    } finally {
      await file.close();
    }
  }
}
