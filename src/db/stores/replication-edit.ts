import type { Knex } from 'knex';
import { ReplicationJob } from '../models/replication-jobs.ts';

/** What users may change in replication_jobs. All other columns are written by the job's worker, or once for ever. */
export interface ReplicationEdit {
  readonly targetNetwork?: string | null;
  /** 0: none; null: the general one of jobs. */
  readonly bandwidthLimitBytesPerS?: number | null;
}

/** Holds the row until the end of the transaction; tells whether it exists. */
export async function lockReplication(trx: Knex.Transaction, jobId: string): Promise<boolean> {
  return (await ReplicationJob.query(trx).select('id').findById(jobId).forUpdate()) !== undefined;
}

export async function editReplication(trx: Knex.Transaction, jobId: string, edit: ReplicationEdit): Promise<void> {
  await ReplicationJob.query(trx).findById(jobId).patch(edit);
}
