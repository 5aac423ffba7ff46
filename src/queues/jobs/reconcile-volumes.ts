import { z } from 'zod';
import { SECOND } from '../../base/units.ts';
import { defineJob } from '../define-job.ts';

/** Compares our rows with the volumes of every CloudStack that they name. */
export const ReconcileVolumes = z.object({});
export type ReconcileVolumes = z.output<typeof ReconcileVolumes>;

export const VolumesReconciled = z.object({
  clouds: z.int(),
  /** Clouds that could not be looked at. */
  away: z.int(),
  /** Volumes that the clouds listed. */
  volumes: z.int(),
  findings: z.int(),
});
export type VolumesReconciled = z.output<typeof VolumesReconciled>;

export const reconcileVolumesJob = defineJob({
  name: 'reconcile-volumes',
  queue: 'maintenance',
  jobType: 'cleanup',
  jobCategory: 'system',
  idPrefix: 'maintenance',
  payload: ReconcileVolumes,
  result: VolumesReconciled,
  maxAttempts: 3,
  stopsWithinMs: 5 * SECOND,
  title: () => 'compare volumes with CloudStack',
});
