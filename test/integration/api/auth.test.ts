import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hashPassword } from '../../../src/api/auth/users.ts';
import { FAILURES_PER_ADDRESS } from '../../../src/api/auth/login-guard.ts';
import { createToken } from '../../../src/api/auth/sessions.ts';
import { Secret } from '../../../src/config/secrets.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';

const PASSWORD = 'correct horse battery';
const APPLIANCE_TOKEN = 'a-token-of-the-appliance';

let api: TestApi;
beforeAll(async () => {
  const users = `ann:${await hashPassword(PASSWORD)}`;
  api = await startTestApi((config) => ({
    ...config,
    api: { ...config.api, users, applianceToken: new Secret(APPLIANCE_TOKEN) },
  }));
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

const cookieOf = (headers: Headers): string => (headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';

describe('POST /auth/login', () => {
  test('a user gets a token that opens every route, and a cookie that scripts cannot read', async () => {
    const login = await api.call('POST', '/auth/login', {
      token: '',
      body: { username: 'ann', password: PASSWORD },
    });

    expect(login.status).toBe(200);
    expect(Date.parse(String(login.body['expires_at']))).toBeGreaterThan(Date.now() + 11 * 3_600_000);
    expect(login.headers.getSetCookie()[0]).toMatch(
      /^migratekit_session=.+; Path=\/; Expires=.+; HttpOnly; SameSite=Strict$/,
    );
    const list = await api.call('GET', '/jobs', { token: String(login.body['session_token']) });
    expect(list.status).toBe(200);
  });

  test('an appliance signs in in the form of the seed', async () => {
    const body = { appliance_id: 'vma-1', token: APPLIANCE_TOKEN, version: '1.0' };
    expect((await api.call('POST', '/auth/login', { token: '', body })).status).toBe(200);

    const wrong = await api.call('POST', '/auth/login', { token: '', body: { ...body, token: 'wrong' } });
    expect(wrong).toMatchObject({ status: 401, body: { code: 'auth.bad-credentials' } });
  });

  test('a wrong password and an unknown name are refused alike', async () => {
    for (const body of [
      { username: 'ann', password: 'wrong' },
      { username: 'nobody', password: PASSWORD },
    ]) {
      const refused = await api.call('POST', '/auth/login', { token: '', body });
      expect(refused).toMatchObject({ status: 401, body: { code: 'auth.bad-credentials' } });
      expect(refused.headers.getSetCookie()).toEqual([]);
    }
  });

  test.each([{}, { username: 'ann' }, { username: 'ann', password: 7 }, { appliance_id: 'x' }])(
    'a body that is no login is refused: %j',
    async (body) => {
      const refused = await api.call('POST', '/auth/login', { token: '', body });
      expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
    },
  );
});

describe('sessions', () => {
  test('a token minted on the host is accepted', async () => {
    const { token } = await createToken(api.config, { user: 'lab', hours: 24 });
    expect((await api.call('GET', '/jobs', { token })).status).toBe(200);
  });
});

describe('the cookie of a browser', () => {
  const signIn = async (): Promise<string> =>
    cookieOf(
      (await api.call('POST', '/auth/login', { token: '', body: { username: 'ann', password: PASSWORD } })).headers,
    );

  test('reads everything, and writes only from our own pages', async () => {
    const cookie = await signIn();
    expect((await api.call('GET', '/jobs', { token: '', headers: { cookie } })).status).toBe(200);

    const write = (headers: Record<string, string>): Promise<{ status: number; body: Record<string, unknown> }> =>
      api.call('POST', '/replications', { token: '', body: {}, headers: { cookie, ...headers } });
    const host = new URL(api.url).origin;
    // 400: let in, and then the body was judged.
    expect(await write({ 'sec-fetch-site': 'same-origin' })).toMatchObject({ status: 400 });
    expect(await write({ origin: host })).toMatchObject({ status: 400 });
    for (const headers of [
      {},
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: host },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ]) {
      expect(await write(headers)).toMatchObject({ status: 403, body: { code: 'auth.cross-site' } });
    }
  });

  test('is removed by signing out', async () => {
    const cookie = await signIn();
    const out = await api.call('POST', '/auth/logout', {
      token: '',
      headers: { cookie, 'sec-fetch-site': 'same-origin' },
    });
    expect(out.status).toBe(200);
    expect(out.headers.getSetCookie()[0]).toMatch(/^migratekit_session=; .*Expires=Thu, 01 Jan 1970/);

    const foreign = await api.call('POST', '/auth/logout', { token: '', headers: { cookie } });
    expect(foreign).toMatchObject({ status: 403, body: { code: 'auth.cross-site' } });
  });

  test('comes from the login page too, which has no script and strict headers', async () => {
    const page = await fetch(`${api.url}/login`);
    expect(await page.text()).not.toContain('<script');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('x-frame-options')).toBe('SAMEORIGIN');
    expect((await fetch(`${api.url}/style.css`)).headers.get('content-type')).toContain('text/css');

    const post = (password: string, headers: Record<string, string>): Promise<Response> =>
      fetch(`${api.url}/login`, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams({ username: 'ann', password }),
      });
    const ours = { 'sec-fetch-site': 'same-origin' };
    const wrong = await post('wrong', ours);
    expect(wrong.status).toBe(401);
    expect(await wrong.text()).toContain('name or password is not right');
    expect((await post(PASSWORD, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);

    const right = await post(PASSWORD, ours);
    expect(right.status).toBe(303);
    const landing = await fetch(api.url, { headers: { cookie: cookieOf(right.headers) } });
    expect(await landing.text()).toContain('Signed in as ann');
    expect((await fetch(api.url, { redirect: 'manual' })).headers.get('location')).toBe('/login');
  });
});

describe('guessing passwords', () => {
  test('ends with 429 for the address, whatever it tries next', async () => {
    await using other = await startTestApi();
    const attempt = (password: string): ReturnType<TestApi['call']> =>
      other.call('POST', '/auth/login', { token: '', body: { username: 'admin', password } });
    const wrong = await Promise.all(Array.from({ length: FAILURES_PER_ADDRESS }, () => attempt('wrong')));
    expect(new Set(wrong.map(({ status }) => status))).toEqual(new Set([401]));

    const password = (await readFile(other.config.api.adminPasswordFile, 'utf8')).trim();
    const refused = await attempt(password);

    expect(refused).toMatchObject({ status: 429, body: { code: 'auth.too-many-attempts' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('the admin of the first start signs in with the password of the file; no appliance does', async () => {
    await using other = await startTestApi();
    const password = (await readFile(other.config.api.adminPasswordFile, 'utf8')).trim();

    const login = await other.call('POST', '/auth/login', { token: '', body: { username: 'admin', password } });
    expect(login.status).toBe(200);
    const appliance = { appliance_id: 'vma-1', token: APPLIANCE_TOKEN };
    expect((await other.call('POST', '/auth/login', { token: '', body: appliance })).status).toBe(401);
  });
});
