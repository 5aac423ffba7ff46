import type { Knex } from 'knex';
import { BandwidthLimit } from '../models/bandwidth-limits.ts';
import { ReplicationJob } from '../models/replication-jobs.ts';

/**
 * How fast copies may be, in bytes per second; 0 is no limit, undefined is what the worker is configured with. worker:
 * all jobs of a worker process together. job: all disks of one. disk: one disk.
 */
export type BandwidthLimits = Readonly<Partial<Record<BandwidthLimit['scope'], number>>>;

export async function bandwidthLimits(db: Knex): Promise<BandwidthLimits> {
  const rows = await BandwidthLimit.query(db).select('scope', 'bytes_per_s');
  return Object.fromEntries(rows.map(({ scope, bytesPerS }) => [scope, bytesPerS]));
}

/** The same for one replication, whose own limit stands in for that of jobs. */
export async function bandwidthLimitsOf(db: Knex, jobId: string): Promise<BandwidthLimits> {
  const [general, job] = await Promise.all([
    bandwidthLimits(db),
    ReplicationJob.query(db).select('bandwidth_limit_bytes_per_s').findById(jobId),
  ]);
  const own = job?.bandwidthLimitBytesPerS ?? null;
  return own === null ? general : { ...general, job: own };
}

/** Undefined leaves a limit as it is, null gives it back to the workers. */
export type BandwidthChange = Readonly<Partial<Record<BandwidthLimit['scope'], number | null | undefined>>>;

export async function changeBandwidthLimits(trx: Knex.Transaction, change: BandwidthChange, by: string): Promise<void> {
  for (const scope of ['worker', 'job', 'disk'] as const) {
    const bytesPerS = change[scope];
    if (bytesPerS === undefined) continue;
    if (bytesPerS === null) await BandwidthLimit.query(trx).deleteById(scope);
    else await BandwidthLimit.query(trx).insert({ scope, bytesPerS, changedBy: by }).onConflict('scope').merge();
  }
}
