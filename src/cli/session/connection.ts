import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { invalidRequest, notAllowed, precondition } from '../../base/errors.ts';
import type { Shell } from '../../config/env.ts';
import { Secret } from '../../config/secrets.ts';
import type { Connection } from '../client/api.ts';
import { readSession, sessionPath } from './session-file.ts';

/** Where the API is and who asks: a lab, settings of the environment, or what `login` stored; in this order. */

const DEFAULT_URL = 'http://127.0.0.1:8082/api/v1';

/** @throws invalid-request `cli.usage` (not a URL), precondition `cli.lab-unreadable`, notAllowed `auth.required` */
export async function findConnection(shell: Shell, labDir: string | undefined): Promise<Connection> {
  if (labDir !== undefined) return labConnection(labDir);
  const { MIGRATEKIT_API_URL: url, MIGRATEKIT_API_TOKEN: token, MIGRATEKIT_LAB_DIR: labOfShell } = shell;
  if (url === undefined && token === undefined && labOfShell !== undefined) return labConnection(labOfShell);
  if (token !== undefined) return { url: await addressOf(shell), token: new Secret(token) };
  const session = await readSession(sessionPath(shell.XDG_CONFIG_HOME));
  const wanted = url === undefined ? session?.url : apiUrl(url);
  // The token of one API is not shown to another.
  if (session === undefined || session.url !== wanted) throw notSignedIn(wanted ?? DEFAULT_URL);
  return { url: session.url, token: new Secret(session.token) };
}

/** Where `login` goes when it is not told. */
export async function addressOf(shell: Shell): Promise<string> {
  if (shell.MIGRATEKIT_API_URL !== undefined) return apiUrl(shell.MIGRATEKIT_API_URL);
  // A file that cannot be read must not keep anybody from signing in anew.
  const session = await readSession(sessionPath(shell.XDG_CONFIG_HOME)).catch(() => undefined);
  return session?.url ?? DEFAULT_URL;
}

/** `http://oma:8082` is enough. @throws invalid-request `cli.usage` */
export function apiUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.search !== '') {
    throw invalidRequest('cli.usage', `${text} is not the URL of an API`, { hint: `it looks like ${DEFAULT_URL}` });
  }
  const path = url.pathname.replace(/\/+$/, '');
  return `${url.origin}${path === '' ? '/api/v1' : path}`;
}

/** Whether what is sent there can be read on the way. */
export function isReadableOnTheWay(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  const isLocal = hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
  return protocol === 'http:' && !isLocal;
}

/** What a lab's state file tells its clients. */
const LabFile = z.object({ api: z.object({ url: z.string(), token: z.string() }) });

async function labConnection(dir: string): Promise<Connection> {
  const path = join(resolve(dir), 'lab.json');
  try {
    const { api } = LabFile.parse(JSON.parse(await readFile(path, 'utf8')));
    return { url: apiUrl(api.url), token: new Secret(api.token) };
  } catch (cause) {
    throw precondition('cli.lab-unreadable', `there is no lab in ${resolve(dir)}`, {
      cause,
      hint: `start it: migratekit lab up --dir ${resolve(dir)}`,
    });
  }
}

const notSignedIn = (url: string) =>
  notAllowed('auth.required', `not signed in at ${url}`, { hint: 'run: migratekit login' });
