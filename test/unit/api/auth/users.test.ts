import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readOrMakeSecret, readSecret } from '../../../../src/api/auth/made-once.ts';
import { createToken, openSessions } from '../../../../src/api/auth/sessions.ts';
import { hashPassword, openUsers, parseUsers } from '../../../../src/api/auth/users.ts';
import { Secret } from '../../../../src/config/secrets.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mk-users-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('users', () => {
  test('users of the settings sign in with their own password only', async () => {
    const setting = `ann:${await hashPassword('correct horse battery')} bob:${await hashPassword('staple staple staple')}`;
    const users = await openUsers({ users: setting, adminPasswordFile: join(dir, 'unused') });

    expect(await users.check('ann', 'correct horse battery')).toBe(true);
    expect(await users.check('bob', 'correct horse battery')).toBe(false);
    expect(await users.check('nobody', 'correct horse battery')).toBe(false);
    expect(await readSecret(join(dir, 'unused'))).toBeUndefined();
  });

  test('the settings are refused without printing what they hold', () => {
    for (const bad of [
      'ann',
      'ann:plain-password',
      ':$argon2id$x',
      'ann:$argon2id$x ann:$argon2id$y',
      'a b:$argon2id$x',
    ]) {
      expect(() => parseUsers(bad)).toThrow(/^settings are wrong: MIGRATEKIT_USERS, entry \d: [a-z0-9 :-]+$/);
    }
  });

  test('strangers cannot make the process check any number of passwords at a time', async () => {
    const setting = `ann:${await hashPassword('correct horse battery')}`;
    const users = await openUsers({ users: setting, adminPasswordFile: join(dir, 'unused') });

    const checks = await Promise.allSettled(Array.from({ length: 20 }, () => users.check('ann', 'wrong')));

    const refused = checks.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(4);
    expect(refused[0]).toMatchObject({ reason: { code: 'auth.busy', retry: 'later' } });
    expect(await users.check('ann', 'correct horse battery')).toBe(true);
  });

  test('without users the first start makes an admin, and every later start keeps the password', async () => {
    const adminPasswordFile = join(dir, 'state', 'admin-password');
    const first = await openUsers({ users: undefined, adminPasswordFile });
    const password = (await readFile(adminPasswordFile, 'utf8')).trim();
    const second = await openUsers({ users: undefined, adminPasswordFile });

    expect(password).toMatch(/^[\w-]{32}$/);
    expect((await stat(adminPasswordFile)).mode & 0o777).toBe(0o600);
    expect(await first.check('admin', password)).toBe(true);
    expect(await second.check('admin', password)).toBe(true);
    expect(await second.check('admin', `${password}x`)).toBe(false);
    expect(await second.check('root', password)).toBe(false);
  });

  test('processes that start at once agree on one secret', async () => {
    const path = join(dir, 'secret');

    const read = await Promise.all(Array.from({ length: 20 }, (_, i) => readOrMakeSecret(path, () => `secret ${i}`)));

    expect(new Set(read).size).toBe(1);
    expect(await readSecret(path)).toBe(read[0]);
  });

  test('an empty file is refused, not used as an empty password', async () => {
    await writeFile(join(dir, 'secret'), '\n');

    await expect(readOrMakeSecret(join(dir, 'secret'), () => 'new')).rejects.toMatchObject({ code: 'state.unusable' });
  });
});

describe('sessions', () => {
  test('a token is accepted by every process with the same key, and by no other', async () => {
    const key = new Secret(Buffer.alloc(32, 7));
    const { token } = await createToken({ secretsKey: key, stateDir: dir }, { user: 'lab', hours: 24 });
    const other = await openSessions({ secretsKey: new Secret(Buffer.alloc(32, 8)), stateDir: dir });

    expect(await (await openSessions({ secretsKey: key, stateDir: dir })).userOf(token)).toBe('lab');
    await expect(other.userOf(token)).rejects.toMatchObject({ code: 'auth.bad-token' });
  });

  test('without a key in the settings the processes of one host share one that they made', async () => {
    const config = { secretsKey: undefined, stateDir: dir };
    const [one, two] = await Promise.all([openSessions(config), openSessions(config)]);

    expect(await two.userOf((await one.issue('ann', 1)).token)).toBe('ann');
    expect((await stat(join(dir, 'session-key'))).mode & 0o777).toBe(0o600);
  });

  test('an expired, altered or unsigned token is refused', async () => {
    const sessions = await openSessions({ secretsKey: new Secret(Buffer.alloc(32, 7)), stateDir: dir });
    const { token } = await sessions.issue('ann', 1);
    const [head = '', , signature = ''] = token.split('.');
    const body = Buffer.from(JSON.stringify({ sub: 'root', exp: 9_999_999_999 })).toString('base64url');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');

    await expect(sessions.userOf((await sessions.issue('ann', -1)).token)).rejects.toMatchObject({
      code: 'auth.expired',
    });
    for (const bad of [`${head}.${body}.${signature}`, `${none}.${body}.`, 'x', '']) {
      await expect(sessions.userOf(bad)).rejects.toMatchObject({ code: 'auth.bad-token' });
    }
  });
});
