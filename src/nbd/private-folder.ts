import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMarkDead, ownMark } from '../base/process-mark.ts';

/** Short, because the paths of sockets are limited: whose a folder is stands inside, in the name of an empty file. */
const PREFIX = 'mk-nbd-';
const OWNER = 'of-';

/** A folder that nobody else may look into, for the socket of a server that is ours alone. */
export async function makePrivateFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), PREFIX));
  await writeFile(join(folder, `${OWNER}${ownMark()}`), '');
  return folder;
}

/** Removes the folders of processes that were killed and could not do it themselves. Never throws. */
export async function removeLeftFolders(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  const folders = names.filter((name) => name.startsWith(PREFIX)).map((name) => join(tmpdir(), name));
  await Promise.all(folders.map(removeIfLeft));
}

async function removeIfLeft(folder: string): Promise<void> {
  try {
    const owner = (await readdir(folder)).find((name) => name.startsWith(OWNER));
    if (owner === undefined || !isMarkDead(owner.slice(OWNER.length))) return;
    await rm(folder, { recursive: true, force: true });
  } catch {
    // Somebody else's, or somebody else was quicker.
  }
}
