import type { JobView } from '../../db/stores/job-view-store.ts';
import { wire } from './wire.ts';

/** Clients know a job by `job_id`. */
export function presentJob({ id, ...job }: Pick<JobView, 'id'> & Partial<JobView>): Record<string, unknown> {
  return { job_id: id, ...wire(job) };
}
