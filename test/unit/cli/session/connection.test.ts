import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { apiUrl, findConnection, isReadableOnTheWay } from '../../../../src/cli/session/connection.ts';
import { readSession, removeSession, sessionPath, writeSession } from '../../../../src/cli/session/session-file.ts';

let home: string;
let path: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'mk-session-'));
  path = sessionPath(home);
});
afterEach(() => rm(home, { recursive: true, force: true }));

const session = { url: 'http://oma:8082/api/v1', username: 'ann', token: 'stored', expires_at: '2026-01-14T09:30:00Z' };
const find = async (settings: object = {}, lab?: string) => {
  const { url, token } = await findConnection({ XDG_CONFIG_HOME: home, ...settings }, lab);
  return { url, token: token?.reveal() };
};

describe('where the API is', () => {
  test('is what was signed in to', async () => {
    await writeSession(path, session);

    expect(await find()).toEqual({ url: session.url, token: 'stored' });
    expect(await find({ MIGRATEKIT_API_URL: 'http://oma:8082' })).toEqual({ url: session.url, token: 'stored' });
  });

  test('nobody is signed in without a session, nor at another API than that of the session', async () => {
    await expect(find()).rejects.toMatchObject({ code: 'auth.required', hint: 'run: migratekit login' });
    await writeSession(path, session);
    await expect(find({ MIGRATEKIT_API_URL: 'http://other:8082' })).rejects.toMatchObject({ code: 'auth.required' });
  });

  test('settings go before the session, and a lab that is named before both', async () => {
    await writeSession(path, session);
    await writeFile(join(home, 'lab.json'), JSON.stringify({ api: { url: 'http://lab:1/api/v1', token: 'of-lab' } }));
    const settings = { MIGRATEKIT_API_URL: 'http://env:1', MIGRATEKIT_API_TOKEN: 'of-env', MIGRATEKIT_LAB_DIR: home };

    expect(await find(settings)).toEqual({ url: 'http://env:1/api/v1', token: 'of-env' });
    expect(await find(settings, home)).toEqual({ url: 'http://lab:1/api/v1', token: 'of-lab' });
    expect(await find({ MIGRATEKIT_LAB_DIR: home })).toEqual({ url: 'http://lab:1/api/v1', token: 'of-lab' });
    expect(await find({ MIGRATEKIT_API_TOKEN: 'of-env' })).toEqual({ url: session.url, token: 'of-env' });
  });

  test('a folder without a lab is named', async () => {
    await expect(find({}, home)).rejects.toMatchObject({
      code: 'cli.lab-unreadable',
      message: `there is no lab in ${home}`,
    });
  });

  test('a URL is completed, and what is none is refused', () => {
    expect(apiUrl('http://oma:8082')).toBe('http://oma:8082/api/v1');
    expect(apiUrl('https://oma/api/v1/')).toBe('https://oma/api/v1');
    for (const text of ['oma:8082', 'ftp://oma', 'http://ann:secret@oma', 'http://oma?x=1', '']) {
      expect(() => apiUrl(text)).toThrow(expect.objectContaining({ code: 'cli.usage' }));
    }
  });

  test('what leaves this machine without encryption is told', () => {
    expect(isReadableOnTheWay('http://oma:8082/api/v1')).toBe(true);
    for (const url of ['https://oma/api/v1', 'http://127.0.0.1:1/', 'http://localhost:1/', 'http://[::1]:1/']) {
      expect(isReadableOnTheWay(url)).toBe(false);
    }
  });
});

describe('the stored session', () => {
  test('can be read by its owner only, and leaves nothing else in the folder', async () => {
    await writeSession(path, session);
    await writeSession(path, { ...session, token: 'newer' });

    expect(await readSession(path)).toEqual({ ...session, token: 'newer' });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
    expect(await readdir(dirname(path))).toEqual(['session.json']);
  });

  test('a file that others could read before is not what they read after', async () => {
    await writeSession(path, session);
    await chmod(path, 0o644);
    await writeSession(path, session);

    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).toContain('stored');
  });

  test('a file that is no session is named, with what to do', async () => {
    await writeSession(path, session);
    await writeFile(path, '{"url": 7');

    await expect(readSession(path)).rejects.toMatchObject({ code: 'cli.session-unreadable' });
  });

  test('is removed once', async () => {
    await writeSession(path, session);

    expect(await removeSession(path)).toBe(true);
    expect(await removeSession(path)).toBe(false);
    expect(await readSession(path)).toBeUndefined();
  });

  test('lies below ~/.config where no other place is set, and a relative place is none', () => {
    expect(sessionPath(undefined)).toMatch(/\/\.config\/migratekit\/session\.json$/);
    expect(sessionPath('relative')).toBe(sessionPath(undefined));
  });
});
