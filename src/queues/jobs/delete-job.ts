import { z } from 'zod';
import { SECOND } from '../../base/units.ts';
import { deletionSettled } from '../../db/stores/deletion-rows.ts';
import { defineJob } from '../define-job.ts';

/** Deletion of one replication, with the target volumes of its VM when it is the last one or when that was asked for. */
export const DeletionPayload = z.object({
  contextId: z.string().min(1),
  /** The replication that goes. */
  replicationJobId: z.string().min(1),
  /** The volumes go although other replications of the VM remain. */
  deleteVolumes: z.boolean(),
});
export type DeletionPayload = z.output<typeof DeletionPayload>;

export const DeletionResult = z.object({
  replicationJobId: z.string(),
  volumesDeleted: z.array(z.string()),
  /** Volumes that another VM has: they stay, and so do their rows. */
  volumesKept: z.array(z.object({ volumeId: z.string(), reason: z.string() })),
  /** The replication that has the disks of the deleted one now; null when there is none. */
  repointedTo: z.string().nullable(),
  /** What a person should know although the job completed. */
  warning: z.string().nullable(),
});
export type DeletionResult = z.output<typeof DeletionResult>;

export const deleteJob = defineJob({
  name: 'delete-job',
  queue: 'delete-job',
  jobType: 'cleanup',
  jobCategory: 'replication',
  idPrefix: 'delete',
  payload: DeletionPayload,
  result: DeletionResult,
  maxAttempts: 10,
  stopsWithinMs: 20 * SECOND,
  title: (payload) => `delete ${payload.replicationJobId}`,
  rows: { settled: deletionSettled },
});
