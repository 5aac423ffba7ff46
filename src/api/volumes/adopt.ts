import { conflict } from '../../base/errors.ts';
import { formatBytes, GiB } from '../../base/units.ts';
import type { Volume } from '../../cloudstack/volumes.ts';
import { inTransaction, type Knex } from '../../db/knex.ts';
import { assignVolume } from '../../db/stores/cycle-store.ts';
import { findActiveJob } from '../../db/stores/job-rows.ts';
import { bindToCloud, diskForAdoption, type AdoptiveDisk } from '../../db/stores/volume-adoption.ts';
import { forgetFindings, type StoredFinding } from '../../db/stores/volume-finding-store.ts';
import { insertVolume, markExported, placeVolume } from '../../db/stores/volume-store.ts';
import type { ApiContext } from '../context.ts';
import { assertFree, findingOf, lookAtVolume } from './finding.ts';

export interface Adopted {
  readonly contextId: string;
  readonly diskId: string;
}

/**
 * Ties a volume that no row knew to the disk that its name tells. What it holds counts as unknown: the next copy is a
 * full one. CloudStack is only read.
 * @throws what findingOf and assertFree throw; conflict `volume.gone`, `volume.no-disk`, `volume.disk-has-volume`,
 * `volume.context-busy`, `volume.too-small`, `volume.other-cloud`.
 */
export async function adoptVolume(context: ApiContext, volumeId: string): Promise<Adopted> {
  const finding = await findingOf(context.db, volumeId, ['orphan']);
  const volume = await lookAtVolume(context, finding);
  if (volume === undefined) throw gone(volumeId);
  assertFree(volume, finding);
  return inTransaction(context.db, (trx) => tie(trx, volume, finding));
}

async function tie(trx: Knex.Transaction, volume: Volume, finding: StoredFinding): Promise<Adopted> {
  const { contextId } = finding;
  const diskId = finding.details['disk_id'];
  if (contextId === null || typeof diskId !== 'string') {
    throw conflict('volume.no-disk', `no disk of ours is named as volume ${volume.name} says`, {
      details: { volumeId: volume.id, contextId },
      hint: 'its VM has no such disk (any more): remove the volume instead',
    });
  }
  const disk = await diskForAdoption(trx, { contextId, diskId });
  await assertFits(trx, { disk, volume, contextId });
  if (!(await bindToCloud(trx, { contextId, configId: finding.configId }))) throw otherCloud(volume, contextId);
  const { id: volumeId, name, sizeBytes = 0 } = volume;
  await insertVolume(trx, {
    volumeId,
    contextId,
    name,
    sizeGb: Math.floor(sizeBytes / GiB),
    diskOfferingId: volume.diskOfferingId ?? '',
    zoneId: volume.zoneId ?? '',
    configId: finding.configId ?? 0,
  });
  await placeVolume(trx, volumeId, { state: 'detached', vmId: null, devicePath: null, sizeBytes });
  // Nobody knows what it holds, so it never counts as new and zero.
  await markExported(trx, volumeId);
  await assignVolume(trx, disk?.id ?? 0, volumeId);
  await forgetFindings(trx, volumeId);
  return { contextId, diskId };
}

async function assertFits(
  trx: Knex.Transaction,
  { disk, volume, contextId }: { disk: AdoptiveDisk | undefined; volume: Volume; contextId: string },
): Promise<void> {
  const details = { volumeId: volume.id, contextId };
  if (disk === undefined || disk.volumeId !== null) {
    throw conflict('volume.disk-has-volume', `the disk of volume ${volume.name} has another volume, or is gone`, {
      details: { ...details, other: disk?.volumeId ?? null },
      hint: 'remove the volume that nobody needs',
    });
  }
  const job = await findActiveJob(trx, contextId);
  if (job !== undefined) {
    throw conflict('volume.context-busy', `job ${job.id} works on the VM of volume ${volume.name}`, {
      details: { ...details, jobId: job.id },
      hint: 'wait for its end, or cancel it',
    });
  }
  if (volume.sizeBytes === undefined || volume.sizeBytes < disk.capacityBytes) {
    throw conflict('volume.too-small', `volume ${volume.name} is smaller than its disk`, {
      details: { ...details, sizeBytes: volume.sizeBytes ?? null, capacityBytes: disk.capacityBytes },
      hint: `the disk has ${formatBytes(disk.capacityBytes)}: remove the volume, or resize it in cloudstack`,
    });
  }
}

const gone = (volumeId: string): Error =>
  conflict('volume.gone', `volume ${volumeId} is not in cloudstack any more`, { hint: 'nothing is left to do' });

const otherCloud = ({ id: volumeId, name }: Volume, contextId: string): Error =>
  conflict('volume.other-cloud', `the other volumes of the VM of volume ${name} are in another cloud`, {
    details: { volumeId, contextId },
    hint: 'all volumes of a VM are in one cloud: remove the volume instead',
  });
