import type { Knex } from 'knex';
import { MiB } from '../base/units.ts';
import { listOverlays } from '../db/stores/volume-overlay-store.ts';
import { allocatedBytes, roomOf, type OverlayFolder } from './overlay-folder.ts';

/** Space for overlays: an overlay that runs full costs a copy, so each one is spoken for before it is begun. */

/** The file system keeps this much: a full one harms more than overlays. */
const KEPT_SHARE = 0.05;
/** Tables of a qcow2 file: 8 bytes per cluster of the volume at most, and 2 for each one that is used. */
const TABLES_SHARE = 1 / 4096;
const HEADER_BYTES = MiB;

/** Of the file that takes `dataBytes`, counted in whole clusters, of a volume of `sizeBytes`. */
export const neededBytes = (dataBytes: number, sizeBytes: number): number =>
  Math.min(dataBytes, sizeBytes) + Math.ceil(sizeBytes * TABLES_SHARE) + HEADER_BYTES;

/**
 * Why there is no room for one more overlay; undefined when there is. One caller at a time, until its row is written.
 * @param maxBytes of all overlays together; 0: what the file system has
 */
export async function refusalOfSpace(
  db: Knex,
  folder: OverlayFolder,
  of: { readonly needBytes: number; readonly maxBytes: number },
): Promise<string | undefined> {
  const { needBytes, maxBytes } = of;
  const known = await listOverlays(db, folder.id);
  const reserved = known.reduce((sum, { reservedBytes }) => sum + reservedBytes, 0);
  if (maxBytes > 0 && reserved + needBytes > maxBytes) {
    return `overlays may take ${maxBytes} bytes, ${reserved} are taken, ${needBytes} are needed`;
  }
  const { totalBytes, freeBytes } = await roomOf(folder);
  const ahead = await Promise.all(
    known.map(async ({ path, reservedBytes }) => Math.max(0, reservedBytes - (await allocatedBytes(path)))),
  );
  const usable = freeBytes - totalBytes * KEPT_SHARE - ahead.reduce((sum, bytes) => sum + bytes, 0);
  if (needBytes <= usable) return undefined;
  return `the file system of the overlays has ${Math.max(0, Math.floor(usable))} bytes left, ${needBytes} are needed`;
}
