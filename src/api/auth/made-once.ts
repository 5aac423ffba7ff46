import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { precondition } from '../../base/errors.ts';
import { apiLog } from '../../base/logger.ts';

/**
 * Secrets that this installation makes for itself and keeps in a file of mode 0600. Several processes may start at
 * once: exactly one of them makes the file, and all of them read the same content.
 */

/**
 * The first line of `path`; when the file does not exist yet, `make` is called and its value becomes the file.
 * @throws precondition `state.unusable` when the file or its folder cannot be read or written, or the file is empty.
 */
export async function readOrMakeSecret(path: string, make: () => string): Promise<string> {
  try {
    const existing = await readSecret(path);
    if (existing !== undefined) return existing;
    await makeFile(path, make());
    const made = await readSecret(path);
    if (made !== undefined) return made;
  } catch (cause) {
    throw unusable(path, cause);
  }
  throw unusable(path, new Error('the file vanished while it was made'));
}

/** The first line of `path`, or undefined when there is no such file. @throws Error when it is empty or unreadable. */
export async function readSecret(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  const line = text.split('\n')[0]?.trim() ?? '';
  if (line === '') throw new Error('the file is empty');
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) apiLog.warn({ path }, 'a file with a secret can be read by others');
  return line;
}

/** A link either appears with the whole content or not at all, and never replaces what another process made first. */
async function makeFile(path: string, secret: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${secret}\n`);
    await file.sync();
    await link(draft, path);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    await file.close();
    await unlink(draft);
  }
  const folder = await open(dirname(path), 'r');
  await folder.sync().finally(() => folder.close());
}

const isCode = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;

const unusable = (path: string, cause: unknown): Error =>
  precondition('state.unusable', `the file ${path} cannot be used`, {
    cause,
    details: { path },
    hint: 'check that MIGRATEKIT_STATE_DIR exists and belongs to the user of this process',
  });
