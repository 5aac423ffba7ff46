import { randomBytes } from 'node:crypto';
import { busy } from '../base/errors.ts';
import { findOverlay, insertOverlay, type OverlayRecord } from '../db/stores/volume-overlay-store.ts';
import type { WantedOverlay } from './contract.ts';
import type { Device } from './device.ts';
import type { ExportsDeps } from './export-deps.ts';
import type { Writer } from './holder.ts';
import { checkOverlayFile, createOverlayFile } from './overlay-file.ts';
import { findFolder, makeFolder, overlayPath } from './overlay-folder.ts';
import { neededBytes, refusalOfSpace } from './overlay-space.ts';
import { settleOverlay } from './settle-overlay.ts';

/** Where a cycle lands: in an overlay above the volume, or in the volume itself, and then why. */
export interface Landing {
  readonly overlay: { readonly id: string; readonly path: string; readonly resumed: boolean } | null;
  readonly inPlaceReason: string | null;
}

export interface LandingRequest {
  readonly volumeId: string;
  readonly writer: Writer;
  readonly device: Device;
  /** Undefined: this cycle is to land in the volume itself. */
  readonly wanted: WantedOverlay | undefined;
}

const IN_PLACE: Landing = { overlay: null, inPlaceReason: null };

/**
 * Gets the place ready that a cycle is written to. The overlay of the same cycle is used again; any other is settled:
 * what was committed is merged, what was not is thrown away. The caller holds the volume's lock, and no export is open.
 * @throws busy `overlay.no-space` where every cycle must have an overlay; what settleOverlay throws.
 */
export async function prepareLanding(deps: ExportsDeps, request: LandingRequest): Promise<Landing> {
  const { volumeId, writer, wanted } = request;
  const row = await findOverlay(deps.db, volumeId);
  if (row !== undefined && (await isOfThisCycle(deps, row, request))) {
    return { overlay: { id: row.overlayId, path: row.path, resumed: true }, inPlaceReason: null };
  }
  await settleOverlay(deps, volumeId, writer.jobId);
  if (wanted === undefined) return IN_PLACE;
  const { mode } = deps.overlays;
  if (mode === 'off') return { ...IN_PLACE, inPlaceReason: 'overlays are switched off' };
  // Begun and reserved one at a time: what is written down is what the next one counts.
  const made = await deps.reserving.run('reserve', () => makeOverlay(deps, { ...request, wanted }));
  if (typeof made !== 'string') return { overlay: { ...made, resumed: false }, inPlaceReason: null };
  if (mode === 'prefer') return { ...IN_PLACE, inPlaceReason: made };
  throw busy('overlay.no-space', `no overlay for volume ${volumeId}: ${made}`, {
    details: { volumeId, needBytes: wanted.bytes },
    hint: 'free space for MIGRATEKIT_OVERLAY_DIR, or set MIGRATEKIT_ATOMIC_CYCLES=prefer; the job waits',
  });
}

async function isOfThisCycle(deps: ExportsDeps, row: OverlayRecord, request: LandingRequest): Promise<boolean> {
  const { wanted, writer, device } = request;
  const isSame = row.state === 'filling' && row.key === wanted?.key && row.jobId === writer.jobId;
  if (!isSame || row.overlayId === wanted?.spent) return false;
  if ((await findFolder(deps.overlays.dir))?.id !== row.storeId) return false;
  return (await checkOverlayFile(row.path, device.sizeBytes)) === 'good';
}

/** Row first, then file: what a crash leaves is a row without a file, and that is no overlay. */
async function makeOverlay(
  { db, overlays, log }: ExportsDeps,
  { volumeId, writer, device, wanted }: LandingRequest & { readonly wanted: WantedOverlay },
): Promise<{ readonly id: string; readonly path: string } | string> {
  if (wanted.spent !== undefined) return 'the overlay ran out of space';
  const folder = await makeFolder(overlays.dir);
  const needBytes = neededBytes(wanted.bytes, device.sizeBytes);
  const refusal = await refusalOfSpace(db, folder, { needBytes, maxBytes: overlays.maxBytes });
  if (refusal !== undefined) return refusal;
  const id = randomBytes(8).toString('hex');
  const path = overlayPath(folder, { volumeId, overlayId: id });
  await insertOverlay(db, {
    volumeId,
    overlayId: id,
    jobId: writer.jobId,
    key: wanted.key,
    storeId: folder.id,
    path,
    reservedBytes: needBytes,
  });
  await createOverlayFile(path, device.sizeBytes);
  log.info({ volumeId, ...writer, overlay: id, needBytes }, 'overlay made');
  return { id, path };
}
