import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { KnownSessions } from '../../../../src/api/auth/known-sessions.ts';
import { openSessions } from '../../../../src/api/auth/sessions.ts';
import { HOUR } from '../../../../src/base/units.ts';
import { Secret } from '../../../../src/config/secrets.ts';

beforeEach(() => {
  jest.useFakeTimers({ now: Date.UTC(2026, 0, 14), doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
});
afterEach(() => {
  jest.useRealTimers();
});

const inOneHour = (user: string): { user: string; expiresAt: Date } => ({
  user,
  expiresAt: new Date(Date.now() + HOUR),
});

describe('KnownSessions', () => {
  test('a session is found until it expires, not a moment longer, and is then forgotten', () => {
    const known = new KnownSessions();
    known.add('token', inOneHour('ann'));

    jest.setSystemTime(Date.now() + HOUR - 1);
    expect(known.find('token')).toMatchObject({ user: 'ann' });
    jest.setSystemTime(Date.now() + 1);
    expect(known.find('token')).toBeUndefined();
    expect(known.size).toBe(0);
  });

  test('it never holds more than its bound, and forgets who was away longest', () => {
    const known = new KnownSessions(3);
    for (const user of ['a', 'b', 'c']) known.add(user, inOneHour(user));
    known.find('a');
    known.add('d', inOneHour('d'));
    known.add('d', inOneHour('d'));

    expect(known.size).toBe(3);
    expect(known.find('b')).toBeUndefined();
    for (const user of ['a', 'c', 'd']) expect(known.find(user)?.user).toBe(user);
  });
});

describe('sessions that are known', () => {
  const config = { secretsKey: new Secret(Buffer.alloc(32, 7)), stateDir: '/nowhere' };

  test('a token that was good is refused from the moment it expires', async () => {
    const sessions = await openSessions(config);
    const { token } = await sessions.issue('ann', 1);

    expect(await sessions.userOf(token)).toBe('ann');
    expect(await sessions.userOf(token)).toBe('ann');
    jest.setSystemTime(Date.now() + HOUR);
    await expect(sessions.userOf(token)).rejects.toMatchObject({ code: 'auth.expired' });
  });

  test('a token that differs in its last character only is checked by itself', async () => {
    const sessions = await openSessions(config);
    const { token } = await sessions.issue('ann', 1);
    expect(await sessions.userOf(token)).toBe('ann');

    await expect(sessions.userOf(`${token}x`)).rejects.toMatchObject({ code: 'auth.bad-token' });
    await expect(sessions.userOf(token.slice(0, -1))).rejects.toMatchObject({ code: 'auth.bad-token' });
  });

  test('another key ends every token, whoever knew it', async () => {
    const { token } = await (await openSessions(config)).issue('ann', 1);
    const other = await openSessions({ ...config, secretsKey: new Secret(Buffer.alloc(32, 8)) });

    await expect(other.userOf(token)).rejects.toMatchObject({ code: 'auth.bad-token' });
  });
});
