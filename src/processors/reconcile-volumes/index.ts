import type { Knex } from '../../db/knex.ts';
import type { SecretBox } from '../../db/secret-box.ts';
import type { Processor } from '../../queues/define-job.ts';
import type { ReconcileVolumes, VolumesReconciled } from '../../queues/jobs/reconcile-volumes.ts';
import { openCloudFrom } from '../../volumes/cloud.ts';
import { reconcileVolumes } from '../../volumes/reconcile.ts';

export interface ReconcileVolumesDeps {
  readonly db: Knex;
  readonly box: SecretBox;
}

/** One look at the volumes of every CloudStack. What it does may be done twice. */
export function reconcileVolumesProcessor({
  db,
  box,
}: ReconcileVolumesDeps): Processor<ReconcileVolumes, VolumesReconciled> {
  return async (run) => {
    const openCloud = openCloudFrom(db, box);
    const { findings, ...counts } = await reconcileVolumes({ db, openCloud, signal: run.signal });
    for (const { kind, volumeId, text } of findings) run.log.warn({ kind, volumeId, text }, 'volume finding');
    return { ...counts, findings: findings.length };
  };
}
