import { conflict, describeError } from '../base/errors.ts';
import { inTransaction } from '../db/knex.ts';
import {
  deleteFilling,
  deleteMerged,
  findOverlay,
  forgetCommitted,
  markMerging,
  type OverlayRecord,
} from '../db/stores/volume-overlay-store.ts';
import { attachedDevice } from './attached-device.ts';
import { removeExport } from './block-exports.ts';
import { mergeNodes } from './block-merge.ts';
import { openNodes } from './block-nodes.ts';
import type { Device } from './device.ts';
import type { ExportsDeps } from './export-deps.ts';
import { assertMayThrowAway } from './holder.ts';
import { checkOverlayFile } from './overlay-file.ts';
import { findFolder, removeOverlayFile } from './overlay-folder.ts';
import { serialOf } from './serial.ts';

/**
 * See VolumeExports.settleOverlay; the caller holds the volume's lock, and no export of it is open.
 * @throws conflict `export.in-use`, `overlay.elsewhere`, `export.not-attached`; upstream `overlay.*`, `qemu.*`
 */
export async function settleOverlay(deps: ExportsDeps, volumeId: string, jobId: string | undefined): Promise<void> {
  const row = await findOverlay(deps.db, volumeId);
  if (row === undefined) return;
  if (row.state === 'filling') {
    await assertMayThrowAway(deps.db, row, jobId);
    if (await throwAway(deps, row)) return;
  }
  // Committed, at the latest while this was looking.
  await mergeOverlay(deps, row);
}

/**
 * Before a volume is deleted: what was never committed is thrown away. What was committed stays, because the deletion
 * may yet be refused; see forgetOverlay. @throws conflict `export.in-use`
 */
export async function discardUncommitted(
  deps: ExportsDeps,
  volumeId: string,
  jobId: string | undefined,
): Promise<void> {
  const row = await findOverlay(deps.db, volumeId);
  if (row === undefined) return;
  await assertMayThrowAway(deps.db, row, jobId);
  if (row.state === 'filling') await throwAway(deps, row);
}

/** For a volume that is gone for good, which somebody has made sure of: whatever was above it goes unread. */
export async function forgetOverlay(deps: ExportsDeps, volumeId: string): Promise<void> {
  const row = await findOverlay(deps.db, volumeId);
  if (row === undefined) return;
  if (row.state === 'filling' && (await throwAway(deps, row))) return;
  await forget(deps, row, 'its overlay went with the volume');
}

/**
 * Before a volume is given to a VM: that must not run on a volume above which a part of its last committed point lies.
 * @throws conflict `export.in-use`, `overlay.not-merged`
 */
export async function assertBare(deps: ExportsDeps, volumeId: string, jobId: string | undefined): Promise<void> {
  const row = await findOverlay(deps.db, volumeId);
  if (row === undefined) return;
  if (row.state === 'filling') {
    await assertMayThrowAway(deps.db, row, jobId);
    if (await throwAway(deps, row)) return;
  }
  throw conflict('overlay.not-merged', `changes of the last cycle are not yet written into volume ${volumeId}`, {
    details: { volumeId, path: row.path },
    hint: 'attach it to its OMA VM, where they are merged by themselves, and detach it again',
  });
}

/** @returns false when it was committed meanwhile: then it is kept */
export async function throwAway({ db, log }: ExportsDeps, row: OverlayRecord): Promise<boolean> {
  if (!(await deleteFilling(db, row))) return false;
  await removeOverlayFile(row.path);
  log.info({ volumeId: row.volumeId, jobId: row.jobId, overlay: row.overlayId }, 'overlay thrown away');
  return true;
}

async function mergeOverlay(deps: ExportsDeps, row: OverlayRecord): Promise<void> {
  const { db, log } = deps;
  const { volumeId } = row;
  await assertHere(deps, row);
  const state = await checkOverlayFile(row.path);
  if (state !== 'good') {
    await forget(deps, row, `the overlay with its last changes is ${state}`);
    return;
  }
  const device = await attachedDevice(deps, volumeId);
  await markMerging(db, row);
  await merged(deps, row, device);
  // What qemu wrote must be on the disk before the only other copy of it goes.
  await deps.flush(device);
  await deleteMerged(db, row);
  await removeOverlayFile(row.path);
  log.info({ volumeId, jobId: row.jobId, overlay: row.overlayId }, 'overlay merged');
}

async function merged(deps: ExportsDeps, { volumeId, path }: OverlayRecord, device: Device): Promise<void> {
  const process = await deps.storage().ready();
  const serial = serialOf(volumeId);
  try {
    await removeExport(process, serial);
    await openNodes(process, { serial, device, overlayPath: path }, 'merge');
    await mergeNodes(process, serial, (percent) => deps.merging.set(volumeId, percent));
  } catch (error) {
    await removeExport(process, serial).catch((left: unknown) =>
      deps.log.warn({ volumeId, error: describeError(left) }, 'nodes of a merge not closed'),
    );
    throw error;
  } finally {
    deps.merging.delete(volumeId);
  }
  await removeExport(process, serial);
}

/** A part of the committed point is gone: nobody may believe the volume until it was copied in full. */
async function forget({ db, log }: ExportsDeps, row: OverlayRecord, reason: string): Promise<void> {
  await inTransaction(db, (trx) => forgetCommitted(trx, row, reason), { idempotent: true });
  await removeOverlayFile(row.path);
  log.error(
    { volumeId: row.volumeId, jobId: row.jobId, path: row.path, reason },
    'overlay of a committed cycle is gone',
  );
}

async function assertHere({ overlays }: ExportsDeps, row: OverlayRecord): Promise<void> {
  if ((await findFolder(overlays.dir))?.id === row.storeId) return;
  throw conflict('overlay.elsewhere', `the overlay of volume ${row.volumeId} is not in ${overlays.dir}`, {
    details: { volumeId: row.volumeId, path: row.path, storeId: row.storeId },
    hint: 'is the folder of overlays mounted, and is this the appliance that the volume was attached to?',
  });
}
