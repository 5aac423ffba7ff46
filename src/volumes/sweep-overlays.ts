import { describeError } from '../base/errors.ts';
import { findOverlay, listOverlays, type OverlayRecord } from '../db/stores/volume-overlay-store.ts';
import { findVolumeRow } from '../db/stores/volume-store.ts';
import type { Exclusively, ExportsDeps } from './export-deps.ts';
import { hasEnded } from './holder.ts';
import type { OverlayMerges } from './merges.ts';
import { findFolder, overlaysIn, removeOverlayFile, volumeOf, type OverlayFolder } from './overlay-folder.ts';
import { forgetOverlay, throwAway } from './settle-overlay.ts';

/** Overlays of this appliance that no job takes care of any more, and files that no row knows. */
export async function sweepOverlays(
  deps: ExportsDeps,
  { exclusively, merges }: { readonly exclusively: Exclusively; readonly merges: OverlayMerges },
): Promise<void> {
  const folder = await findFolder(deps.overlays.dir);
  if (folder === undefined) return;
  for (const row of await listOverlays(deps.db, folder.id)) {
    if (!(await hasEnded(deps.db, row.jobId))) continue;
    const isGone = (await findVolumeRow(deps.db, row.volumeId)) === undefined;
    if (row.state !== 'filling' && !isGone) merges.start(row.volumeId);
    else await exclusively(row.volumeId, () => letGo(deps, row)).catch((error: unknown) => tell(deps, row, error));
  }
  await removeUnknown(deps, folder, exclusively);
}

async function letGo(deps: ExportsDeps, seen: OverlayRecord): Promise<void> {
  const row = await findOverlay(deps.db, seen.volumeId);
  // Another cycle's by now.
  if (row?.overlayId !== seen.overlayId) return;
  if (row.state === 'filling') await throwAway(deps, row);
  else await forgetOverlay(deps, row.volumeId);
}

/** Files whose row is gone: somebody died between the two. Under the lock, because the row is there before the file. */
async function removeUnknown(deps: ExportsDeps, folder: OverlayFolder, exclusively: Exclusively): Promise<void> {
  const known = new Set((await listOverlays(deps.db)).map(({ path }) => path));
  for (const path of await overlaysIn(folder)) {
    const volumeId = volumeOf(path);
    if (known.has(path) || volumeId === undefined) continue;
    await exclusively(volumeId, async () => {
      if ((await findOverlay(deps.db, volumeId))?.path === path) return;
      await removeOverlayFile(path);
      deps.log.info({ path }, 'file of a settled overlay removed');
    }).catch((error: unknown) => deps.log.warn({ path, error: describeError(error) }, 'file not removed'));
  }
}

const tell = ({ log }: ExportsDeps, { volumeId }: OverlayRecord, error: unknown): void =>
  log.warn({ volumeId, error: describeError(error) }, 'overlay of an ended job not settled');
