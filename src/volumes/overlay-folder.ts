import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { upstream } from '../base/errors.ts';
import { isGone } from './device-identity.ts';

/**
 * The folder of overlays. It has an id of its own, in a file: a row tells by it whether its overlay should be here, so
 * that a folder that is not mounted, or of another appliance, is never taken for overlays that are lost.
 */
export interface OverlayFolder {
  readonly dir: string;
  readonly id: string;
}

const ID_FILE = 'folder-id';
const SUFFIX = '.qcow2';

/** The folder as it is; undefined where nobody ever made it. @throws upstream `overlay.folder-unreadable` */
export async function findFolder(dir: string): Promise<OverlayFolder | undefined> {
  try {
    const id = (await readFile(join(dir, ID_FILE), 'utf8')).trim();
    return id === '' ? undefined : { dir, id };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw upstream('overlay.folder-unreadable', `the folder of overlays ${dir} cannot be read`, { cause: error });
  }
}

/** The folder, made where it is missing. One caller at a time. */
export async function makeFolder(dir: string): Promise<OverlayFolder> {
  const found = await findFolder(dir);
  if (found !== undefined) return found;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const id = randomUUID();
  const draft = join(dir, `${ID_FILE}.new`);
  await writeFile(draft, `${id}\n`, { flush: true });
  await rename(draft, join(dir, ID_FILE));
  await syncFolder(dir);
  await syncFolder(dirname(dir));
  return { dir, id };
}

export const overlayPath = (folder: OverlayFolder, of: { volumeId: string; overlayId: string }): string =>
  join(folder.dir, `${of.volumeId}.${of.overlayId}${SUFFIX}`);

/** Paths of the overlays that lie there. */
export async function overlaysIn({ dir }: OverlayFolder): Promise<string[]> {
  return (await readdir(dir)).filter((name) => name.endsWith(SUFFIX)).map((name) => join(dir, name));
}

/** The volume that a file in the folder was made for. */
export const volumeOf = (path: string): string | undefined => /([0-9a-f-]{36})\.[0-9a-f]+\.qcow2$/.exec(path)?.[1];

/** After a row of it is gone. A file that is gone already is as it should be. */
export const removeOverlayFile = (path: string): Promise<void> => rm(path, { force: true });

/** What was created, renamed or removed in the folder outlives a loss of power after this. */
export async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Bytes of the file system that a file takes; 0 when it is not there. */
export async function allocatedBytes(path: string): Promise<number> {
  try {
    return (await stat(path)).blocks * 512;
  } catch (error) {
    if (isGone(error)) return 0;
    throw error;
  }
}

/** Bytes that the file system of the folder has in all, and has free. */
export async function roomOf({
  dir,
}: OverlayFolder): Promise<{ readonly totalBytes: number; readonly freeBytes: number }> {
  const { bsize, blocks, bavail } = await statfs(dir);
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
}
