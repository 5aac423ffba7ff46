import { conflict } from '../../base/errors.ts';
import { GiB } from '../../base/units.ts';
import type { Volume } from '../../cloudstack/volumes.ts';
import { forgetFindings, type StoredFinding } from '../../db/stores/volume-finding-store.ts';
import { insertVolume, placeVolume } from '../../db/stores/volume-store.ts';
import { attachVolume, volumeOperation, type VolumeAction } from '../../queues/jobs/attach-volume.ts';
import type { Transaction } from '../../queues/define-job.ts';
import { submit } from '../../queues/submit.ts';
import type { ApiContext } from '../context.ts';
import { assertFree, findingOf, lookAtVolume } from './finding.ts';

export interface Removal {
  readonly volumeId: string;
  readonly confirmName: string | undefined;
  readonly requestId: string | undefined;
}

/**
 * Has the volume daemon delete a volume that nobody needs, or the rows of one that is gone. An unknown one becomes ours
 * first, in the transaction that accepts the job: so its row stays until CloudStack has confirmed.
 * @returns the id of the job
 * @throws what findingOf and assertFree throw; conflict `volume.back`, `volume-finding.unconfirmed-name`.
 */
export async function removeVolume(context: ApiContext, removal: Removal): Promise<string> {
  const { volumeId } = removal;
  const finding = await findingOf(context.db, volumeId, ['orphan', 'unknown-context', 'gone']);
  if (finding.kind === 'unknown-context' && removal.confirmName !== finding.name) {
    throw conflict('volume-finding.unconfirmed-name', `volume ${finding.name} may belong to another installation`, {
      hint: 'when you are sure that nobody needs it, send its name as ?confirm_name=',
    });
  }
  const volume = await lookAtVolume(context, finding);
  if (finding.kind === 'gone' && volume !== undefined) throw back(volumeId);
  if (volume !== undefined) assertFree(volume, finding);
  const payload: VolumeAction = { action: 'delete', volumeId };
  const { jobId } = await submit(context.ledger, {
    contract: attachVolume,
    payload,
    root: false,
    requestId: removal.requestId,
    domainRows: async (trx, id) => {
      await takeOver(trx, finding, volume);
      await volumeOperation(payload)(trx, id);
    },
  });
  return jobId;
}

async function takeOver(trx: Transaction, finding: StoredFinding, volume: Volume | undefined): Promise<void> {
  await forgetFindings(trx, finding.volumeId);
  if (finding.kind === 'gone' || volume === undefined) return;
  await insertVolume(trx, {
    volumeId: volume.id,
    contextId: finding.contextId,
    name: volume.name,
    sizeGb: Math.floor((volume.sizeBytes ?? 0) / GiB),
    diskOfferingId: volume.diskOfferingId ?? '',
    zoneId: volume.zoneId ?? '',
    configId: finding.configId ?? 0,
  });
  await placeVolume(trx, volume.id, { state: 'detached', vmId: null, devicePath: null, sizeBytes: volume.sizeBytes });
}

const back = (volumeId: string): Error =>
  conflict('volume.back', `volume ${volumeId} is in cloudstack again`, {
    hint: 'nothing was removed; the next look puts this right',
  });
