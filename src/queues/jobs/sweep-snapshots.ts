import { z } from 'zod';
import { SECOND } from '../../base/units.ts';
import { defineJob } from '../define-job.ts';

/** Looks for snapshots of ours that nobody needs any more, at every vCenter that there is an active credential for. */
export const SweepSnapshots = z.object({});
export type SweepSnapshots = z.output<typeof SweepSnapshots>;

export const SnapshotsSwept = z.object({
  vcenters: z.int(),
  /** vCenters that could not be looked at. */
  away: z.int(),
  /** Snapshots of ours. */
  found: z.int(),
  /** Those whose removal was asked for. */
  removing: z.int(),
  alarms: z.int(),
});
export type SnapshotsSwept = z.output<typeof SnapshotsSwept>;

export const sweepSnapshots = defineJob({
  name: 'sweep-snapshots',
  queue: 'maintenance',
  jobType: 'cleanup',
  jobCategory: 'system',
  idPrefix: 'maintenance',
  payload: SweepSnapshots,
  result: SnapshotsSwept,
  maxAttempts: 3,
  stopsWithinMs: 5 * SECOND,
  title: () => 'sweep snapshots',
});
