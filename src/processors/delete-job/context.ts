import { z } from 'zod';
import type { JobRun } from '../../queues/define-job.ts';
import type { DeletionPayload } from '../../queues/jobs/delete-job.ts';

/** What each step of one deletion sees. */
export interface Deletion {
  readonly run: JobRun<DeletionPayload>;
}

/** All that deleting the volumes of a VM needs: any job that begins with a DeletionPlan can do it. */
export interface DeletionOfVolumes {
  readonly run: JobRun<{ readonly contextId: string }>;
}

/** Output of `validate`: what goes. Fixed from then on, whatever later attempts find. */
export const DeletionPlan = z.object({
  /** CloudStack uuids; empty when the volumes stay. */
  volumes: z.array(z.string()),
});
export type DeletionPlan = z.output<typeof DeletionPlan>;

/** Output of `delete-volumes`. */
export const DeletedVolumes = z.object({
  deleted: z.array(z.string()),
  kept: z.array(z.object({ volumeId: z.string(), reason: z.string() })),
});
export type DeletedVolumes = z.output<typeof DeletedVolumes>;

/** Output of `database-cleanup`. */
export const Removed = z.object({ repointedTo: z.string().nullable() });
