import { open } from 'node:fs/promises';
import type { Knex } from '../../src/db/knex.ts';
import type { JobRecord } from '../../src/db/stores/job-rows.ts';
import { noteFailover } from '../../src/db/stores/failover-store.ts';
import { expireFailovers } from '../../src/processors/expire-failovers.ts';
import { commitFailover } from '../../src/queues/jobs/commit-failover.ts';
import { rollback, type RollbackPayload } from '../../src/queues/jobs/rollback.ts';
import { submit } from '../../src/queues/submit.ts';
import { noise } from './nbd-servers.ts';
import { Random } from './random.ts';
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

/** The time of a failover is over: the rows are as they would be, and no test waits for a clock. */
export async function timeIsOver(db: Knex, failoverJobId: string): Promise<void> {
  const past = db.raw('now(3) - interval 1 second');
  await db('failover_jobs')
    .where({ job_id: failoverJobId })
    .update({
      test_expires_at: db.raw('if(test_expires_at is null, null, ?)', [past]),
      commit_due_at: db.raw('if(commit_due_at is null, null, ?)', [past]),
    });
}

/** Jobs that end a failover, and have not ended themselves. */
export const endsAskedFor = (db: Knex): Promise<string[]> =>
  db('job_tracking')
    .whereIn('operation', ['rollback', 'commit-failover'])
    .whereNot('dispatch_state', 'closed')
    .pluck<string[]>('id');

/**
 * The time of a failover is over, and two leaders find that at once. @returns the id of the one job that ends it
 */
export async function runOut({ db, ledger }: ReplicationStand, failoverJobId: string): Promise<string> {
  await timeIsOver(db, failoverJobId);
  await Promise.all([expireFailovers.submit(ledger), expireFailovers.submit(ledger)]);
  const ids = await endsAskedFor(db);
  const [id = ''] = ids;
  if (ids.length !== 1) throw new Error(`the end of ${failoverJobId} was asked for ${ids.length} times`);
  return id;
}

/** Where the guest writes in any case: a test may have the source write there, too. */
export const GUEST_WRITES_AT = 300_000;

/** What a VM that has the replica does to it: at its ends, at a place that tests know, and wherever it likes. */
export async function guestWrites(vm: VsphereVm, random = new Random(Date.now())): Promise<void> {
  const lengths = vm.lengths();
  for (const [index, path] of (await vm.targetPaths()).entries()) {
    const length = lengths[index] ?? 0;
    const places = [0, GUEST_WRITES_AT, length - 512, random.between(0, length - 512), random.between(0, length - 512)];
    const file = await open(path, 'r+');
    try {
      for (const at of places) {
        const bytes = noise(Math.min(70_000, length - at), random.between(1, 2 ** 31));
        await file.write(bytes, 0, bytes.length, at);
      }
    } finally {
      await file.close();
    }
  }
}
