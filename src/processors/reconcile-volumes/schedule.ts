import { configsWithVolumes } from '../../db/stores/volume-finding-store.ts';
import { reconcileVolumesJob } from '../../queues/jobs/reconcile-volumes.ts';
import { periodicJob, type PeriodicJob } from '../../queues/periodic.ts';

/** Every `everyMs`, where there is a CloudStack to look at; never where it is 0. */
export function reconcileSchedule(everyMs: number): PeriodicJob[] {
  if (everyMs === 0) return [];
  const isWanted: PeriodicJob['isWanted'] = async (db) => (await configsWithVolumes(db)).length > 0;
  return [periodicJob(reconcileVolumesJob, { payload: {}, everyMs, isWanted })];
}
