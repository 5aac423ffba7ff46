import { activeCredentialIds } from '../../db/stores/snapshot-finding-store.ts';
import { sweepSnapshots } from '../../queues/jobs/sweep-snapshots.ts';
import { periodicJob, type PeriodicJob } from '../../queues/periodic.ts';

/** Every `everyMs`, where there is a vCenter to look at; never where it is 0. */
export function sweepSchedule(everyMs: number): PeriodicJob[] {
  if (everyMs === 0) return [];
  const isWanted: PeriodicJob['isWanted'] = async (db) => (await activeCredentialIds(db)).length > 0;
  return [periodicJob(sweepSnapshots, { payload: {}, everyMs, isWanted })];
}
