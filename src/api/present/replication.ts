import type { ReplicationRecord } from '../../db/stores/replication-store.ts';
import { wire } from './wire.ts';

/** A replication as every view shows it; `id` and `job_id` are the same, because the seed's views use both names. */
export function presentReplication(job: ReplicationRecord): Record<string, unknown> {
  return { job_id: job.id, ...wire(job) };
}
