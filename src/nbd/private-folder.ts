import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { precondition } from '../base/errors.ts';
import { isMarkDead, ownMark } from '../base/process-mark.ts';

/** Short, because the paths of sockets are limited: whose a folder is stands inside, in the name of an empty file. */
const PREFIX = 'mk-nbd-';
const OWNER = 'of-';

/** A folder that nobody else may look into, for the socket of a server that is ours alone. Errors: nbd.local-server */
export async function makePrivateFolder(): Promise<string> {
  try {
    const folder = await mkdtemp(join(tmpdir(), PREFIX));
    await writeFile(join(folder, `${OWNER}${ownMark()}`), '');
    return folder;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw precondition('nbd.local-server', `cannot make a folder for the socket of a private server: ${why}`, {
      hint: `${tmpdir()} must be writable; TMPDIR names another folder`,
      cause,
    });
  }
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
