import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { precondition } from '../../base/errors.ts';
import { systemCode } from '../thrown.ts';

/** Who is signed in where: one file per user of this machine, mode 0600, because it holds a token. */

const Session = z.object({
  url: z.string(),
  username: z.string(),
  token: z.string(),
  expires_at: z.string(),
});
export type Session = z.output<typeof Session>;

/** $XDG_CONFIG_HOME/migratekit/session.json, below ~/.config without the variable. */
export function sessionPath(configHome: string | undefined): string {
  // The specification has relative paths ignored.
  const base = configHome?.startsWith('/') === true ? configHome : join(homedir(), '.config');
  return join(base, 'migratekit', 'session.json');
}

/** Undefined when nobody is signed in. @throws precondition `cli.session-unreadable` */
export async function readSession(path: string): Promise<Session | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (isAbsent(cause)) return undefined;
    throw unreadable(path, cause);
  }
  try {
    return Session.parse(JSON.parse(text));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Atomic: a command that runs meanwhile reads the old session or the new one. */
export async function writeSession(path: string, session: Session): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const partial = `${path}.${randomUUID()}`;
  try {
    const file = await open(partial, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(session, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** @returns whether there was one */
export async function removeSession(path: string): Promise<boolean> {
  try {
    await rm(path);
    return true;
  } catch (cause) {
    if (isAbsent(cause)) return false;
    throw cause;
  }
}

const unreadable = (path: string, cause: unknown) =>
  precondition('cli.session-unreadable', `${path} cannot be read as a session`, {
    cause,
    hint: 'remove it and run: migratekit login',
  });

const isAbsent = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(systemCode(error));
