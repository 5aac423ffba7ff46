import { conflict } from '../../base/errors.ts';
import { findMapping, setMode } from '../../db/stores/device-mapping-store.ts';
import type { VolumeAction, VolumeResult } from '../../queues/jobs/attach-volume.ts';
import { resultAt, whereabouts } from './away.ts';
import type { VolumeWork } from './index.ts';
import { ours } from './ours.ts';

/**
 * Brings one volume of ours to its last committed point, ends its export, and writes down whose it is: from then on no
 * replication opens it (`failover`), or one may again (`oma`). Cheap, and the same when it is repeated.
 * @throws conflict `export.in-use`, `volume.attached-elsewhere` (back to the appliance, while another VM has it);
 * not-found `volume.unknown`; what settling throws
 */
export async function handOver(work: VolumeWork<VolumeAction & { action: 'hand-over' }>): Promise<VolumeResult> {
  const { run, action } = work;
  const { volumeId, mode } = action;
  ours(work, volumeId);
  const found = await whereabouts(work, volumeId);
  if (mode === 'oma' && found.vmId !== undefined && !found.isHere) {
    throw conflict('volume.attached-elsewhere', `volume ${volumeId} is attached to VM ${found.vmId}`, {
      details: { volumeId, vmId: found.vmId },
      hint: 'detach it there first',
    });
  }
  await work.volumes.exports.drop(volumeId, run.jobId);
  const mapping = await run.fenced(async (trx) => {
    await setMode(trx, volumeId, mode);
    return findMapping(trx, volumeId);
  });
  run.log.info({ volumeId, mode, vmId: mapping?.vmId }, 'volume handed over');
  return resultAt({ ...found, mapping });
}
