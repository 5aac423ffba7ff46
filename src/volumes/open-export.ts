import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { conflict } from '../base/errors.ts';
import { inTransaction } from '../db/knex.ts';
import { moveMapping } from '../db/stores/device-mapping-store.ts';
import {
  exportNameOf,
  findExport,
  savePendingExport,
  setExportStatus,
  type ExportMetadata,
} from '../db/stores/nbd-export-store.ts';
import { markExported } from '../db/stores/volume-store.ts';
import { attachedDevice } from './attached-device.ts';
import { addExport, exportId, removeExport } from './block-exports.ts';
import type { OpenedExport, WantedOverlay } from './contract.ts';
import type { ExportsDeps } from './export-deps.ts';
import { portOf, urisOf } from './export-uris.ts';
import { assertHere } from './export-place.ts';
import { assertLive, assertMayReplace, type Writer } from './holder.ts';
import { prepareLanding, type Landing } from './landing.ts';
import { serialOf } from './serial.ts';

/** See VolumeExports.open; the caller holds the volume's lock. */
export async function openExport(
  deps: ExportsDeps,
  volumeId: string,
  { writer, wanted }: { readonly writer: Writer; readonly wanted: WantedOverlay | undefined },
): Promise<OpenedExport> {
  const { db } = deps;
  await assertLive(db, writer);
  const row = await findExport(db, volumeId);
  if (row !== undefined) {
    await assertHere(deps, row);
    await assertMayReplace(db, row, writer.jobId);
  }
  const process = await deps.storage().ready();
  await removeExport(process, serialOf(volumeId));
  const device = await attachedDevice(deps, volumeId);
  const { overlay, inPlaceReason } = await prepareLanding(deps, { volumeId, writer, device, wanted });
  // All this may have taken long enough to lose the job.
  await assertLive(db, writer);
  const nonce = randomBytes(4).toString('hex');
  const name = `${exportNameOf(volumeId)}.${writer.epoch}.${nonce}`;
  const { listener } = deps.storage();
  const vmId = await deps.ownVmId();
  const metadata = {
    wire_name: name,
    uris: urisOf(listener, name),
    job_id: writer.jobId,
    epoch: writer.epoch,
    size_bytes: device.sizeBytes,
    overlay_id: overlay?.id ?? null,
    ...(vmId === undefined ? {} : { vm_id: vmId }),
  };
  await inTransaction(
    db,
    async (trx) => {
      await markExported(trx, volumeId);
      await moveMapping(trx, volumeId, device.path);
      await savePendingExport(trx, { volumeId, devicePath: device.path, port: portOf(listener), metadata });
    },
    { idempotent: true },
  );
  const serial = serialOf(volumeId);
  try {
    await addExport(process, { serial, id: exportId(serial, nonce), name, device, overlayPath: overlay?.path ?? null });
    await setExportStatus(db, volumeId, 'active');
  } catch (error) {
    await setExportStatus(db, volumeId, 'failed').catch(() => undefined);
    throw error;
  }
  const where = { export: name, device: device.path, overlay: overlay?.id, inPlaceReason };
  deps.log.info({ volumeId, ...writer, ...where }, 'export opened');
  return { ...openedOf(volumeId, device.path, metadata), overlay: resumedOf(overlay), in_place_reason: inPlaceReason };
}

const resumedOf = (overlay: Landing['overlay']): OpenedExport['overlay'] =>
  overlay === null ? null : { id: overlay.id, resumed: overlay.resumed };

/** An export as its metadata tells of it. */
function openedOf(volumeId: string, devicePath: string, metadata: ExportMetadata): OpenedExport {
  const { wire_name: name, size_bytes: sizeBytes, uris, overlay_id: overlayId } = metadata;
  return {
    volume_id: volumeId,
    export_name: name,
    size_bytes: sizeBytes,
    device_path: devicePath,
    uris,
    overlay: typeof overlayId === 'string' ? { id: overlayId, resumed: true } : null,
    in_place_reason: null,
  };
}

/** See VolumeExports.opened. */
export async function openedExport(db: Knex, volumeId: string, writer: Writer): Promise<OpenedExport> {
  await assertLive(db, writer);
  const row = await findExport(db, volumeId);
  const ours = row?.metadata.job_id === writer.jobId && row.metadata.epoch === writer.epoch;
  if (!ours || row.status !== 'active') {
    throw conflict('export.not-open', `job ${writer.jobId} does not have volume ${volumeId} open`, {
      details: { volumeId, ...writer },
      hint: 'open it first: POST /api/v1/exports/{volume_id}/open',
    });
  }
  return openedOf(volumeId, row.devicePath, row.metadata);
}
