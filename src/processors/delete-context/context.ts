import { z } from 'zod';
import type { JobRun } from '../../queues/define-job.ts';
import type { ForgettingPayload } from '../../queues/jobs/delete-context.ts';
import type { VmaClient } from '../../vma/client.ts';

/** What each step of one deletion of a VM sees. */
export interface Forgetting {
  readonly run: JobRun<ForgettingPayload>;
  readonly vma: Pick<VmaClient, 'listSessions' | 'endSession'>;
}

/** Output of `validate`: a DeletionPlan, and what stays. */
export const ForgettingPlan = z.object({
  /** CloudStack uuids of the volumes that go. */
  volumes: z.array(z.string()),
  /** Of those that are the disks of a VM that was moved. */
  left: z.array(z.string()),
});
export type ForgettingPlan = z.output<typeof ForgettingPlan>;

/** Output of `end-sessions`. */
export const EndedSessions = z.object({
  ended: z.int(),
  /** Jobs that end what could not be ended now. */
  leftTo: z.array(z.string()),
});
export type EndedSessions = z.output<typeof EndedSessions>;
