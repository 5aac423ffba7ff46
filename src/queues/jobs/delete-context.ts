import { z } from 'zod';
import { SECOND } from '../../base/units.ts';
import { forgettingSettled } from '../../db/stores/deletion-rows.ts';
import { defineJob } from '../define-job.ts';

/** Deletion of a VM with its replications and its target volumes. */
export const ForgettingPayload = z.object({
  contextId: z.string().min(1),
  /** For people: the row is gone at the end. */
  vmName: z.string(),
});
export type ForgettingPayload = z.output<typeof ForgettingPayload>;

export const ForgettingResult = z.object({
  contextId: z.string(),
  vmName: z.string(),
  volumesDeleted: z.array(z.string()),
  /** Volumes that are the disks of a VM that was moved: they stay in the cloud. */
  volumesLeft: z.array(z.string()),
  sessionsEnded: z.int(),
});
export type ForgettingResult = z.output<typeof ForgettingResult>;

export const deleteContext = defineJob({
  name: 'delete-context',
  queue: 'delete-job',
  jobType: 'cleanup',
  jobCategory: 'replication',
  idPrefix: 'delete',
  payload: ForgettingPayload,
  result: ForgettingResult,
  maxAttempts: 10,
  stopsWithinMs: 20 * SECOND,
  title: (payload) => `delete ${payload.vmName} (${payload.contextId})`,
  rows: { settled: forgettingSettled },
});
