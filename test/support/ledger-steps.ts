import { inTransaction } from '../../src/db/knex.ts';
import { claimJob } from '../../src/db/stores/job-claim.ts';
import { lockJob, type JobRecord } from '../../src/db/stores/job-rows.ts';
import type { Settled } from '../../src/queues/define-job.ts';
import type { Ledger } from '../../src/queues/ledger.ts';
import { endJob } from '../../src/queues/settle.ts';

/** What a worker does around its work, by the ledger's own functions and with the hooks of the contract. */

/** @returns the job under its new epoch */
export async function claim({ db, catalogue }: Ledger, jobId: string, leaseMs = 60_000): Promise<JobRecord> {
  return inTransaction(db, async (trx) => {
    const job = await lockJob(trx, jobId);
    const claimed = await claimJob(trx, { jobId, generation: job?.generation ?? 0, owner: 'test', leaseMs });
    if (claimed === undefined) throw new Error(`job ${jobId} cannot be claimed`);
    await catalogue.get(claimed.operation)?.begun(trx, jobId);
    return claimed;
  });
}

export async function end({ db, catalogue }: Ledger, jobId: string, outcome: Settled<unknown>): Promise<void> {
  await inTransaction(db, async (trx) => {
    const job = await lockJob(trx, jobId);
    if (job !== undefined) await endJob(trx, { catalogue, job, outcome });
  });
}
