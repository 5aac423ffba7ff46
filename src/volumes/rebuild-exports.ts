import { randomBytes } from 'node:crypto';
import { describeError, upstream } from '../base/errors.ts';
import { findExport, listExports, setExportStatus, type ExportRecord } from '../db/stores/nbd-export-store.ts';
import { findOverlay } from '../db/stores/volume-overlay-store.ts';
import { attachedDevice } from './attached-device.ts';
import { addExport, exportId, listExports as listServed } from './block-exports.ts';
import type { Device } from './device.ts';
import { endExport } from './end-export.ts';
import type { Exclusively, ExportsDeps } from './export-deps.ts';
import { isLive, writerOf } from './holder.ts';
import { checkOverlayFile } from './overlay-file.ts';
import { serialOf } from './serial.ts';

/** See VolumeExports.rebuild. */
export async function rebuildExports(deps: ExportsDeps, exclusively: Exclusively): Promise<void> {
  for (const { volumeId } of await listExports(deps.db, { vmId: await deps.ownVmId() })) {
    await exclusively(volumeId, () => rebuildOne(deps, volumeId)).catch((error: unknown) => {
      deps.log.warn({ volumeId, error: describeError(error) }, 'export not built up again');
    });
  }
}

async function rebuildOne(deps: ExportsDeps, volumeId: string): Promise<void> {
  const row = await findExport(deps.db, volumeId);
  if (row === undefined) return;
  const process = await deps.storage().ready();
  const serial = serialOf(volumeId);
  // Somebody opened it since qemu started: then it is as it should be.
  if ((await listServed(process)).some((served) => served.serial === serial)) return;
  if (row.status !== 'active' || !(await isLive(deps.db, writerOf(row)))) {
    await endExport(deps, volumeId);
    return;
  }
  try {
    const device = await attachedDevice(deps, volumeId);
    const overlayPath = await overlayOf(deps, row, device);
    await addExport(process, {
      serial,
      id: exportId(serial, randomBytes(4).toString('hex')),
      name: row.metadata.wire_name,
      device,
      overlayPath,
    });
    deps.log.info({ volumeId, ...writerOf(row), export: row.metadata.wire_name }, 'export built up again');
  } catch (error) {
    await setExportStatus(deps.db, volumeId, 'failed');
    throw error;
  }
}

/**
 * The file that this export writes to, above the volume; null where there is none. Never the volume by itself for one
 * that had an overlay: what was written there would be missing below, and what is written now would not be apart.
 */
async function overlayOf(deps: ExportsDeps, row: ExportRecord, device: Device): Promise<string | null> {
  const { overlay_id: id } = row.metadata;
  if (typeof id !== 'string') return null;
  const overlay = await findOverlay(deps.db, row.volumeId);
  const isThere = overlay?.overlayId === id && overlay.state === 'filling';
  if (isThere && (await checkOverlayFile(overlay.path, device.sizeBytes)) === 'good') return overlay.path;
  throw upstream('overlay.lost', `the overlay of volume ${row.volumeId} is not there any more`, {
    details: { volumeId: row.volumeId, overlay: id },
    hint: 'the job opens the volume anew and copies again what was in it',
  });
}
