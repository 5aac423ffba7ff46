import type { Knex } from 'knex';
import { listJobViews, type JobView } from './job-view-store.ts';

const LIMIT = 100;

/** The jobs of a VM that have not ended, those that they asked for among them; newest first, at most 100 of a kind. */
export async function openJobsOf(db: Knex, contextId: string): Promise<JobView[]> {
  const [running, pending] = await Promise.all(
    (['running', 'pending'] as const).map((status) => listJobViews(db, { contextId, status, limit: LIMIT })),
  );
  return [...(running?.rows ?? []), ...(pending?.rows ?? [])];
}
