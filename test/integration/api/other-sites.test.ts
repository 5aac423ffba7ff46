import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/api.ts';

const CONSOLE = 'https://console.example.com';

let api: TestApi;
let closed: TestApi;
const stack = new AsyncDisposableStack();
beforeAll(async () => {
  const named = [CONSOLE, 'http://localhost:5173'];
  api = stack.use(await startTestApi((config) => ({ ...config, api: { ...config.api, corsOrigins: named } })));
  closed = stack.use(await startTestApi());
});
afterAll(async () => {
  await stack.disposeAsync();
});

/** Headers of the answer that tell a browser what the page of this origin may do. */
async function permission(to: TestApi, path: string, request: RequestInit): Promise<Record<string, string>> {
  const reply = await fetch(`${to.url}${path}`, request);
  await reply.arrayBuffer();
  return Object.fromEntries([...reply.headers].filter(([name]) => name.startsWith('access-control-')));
}

const preflight = (origin: string): RequestInit => ({
  method: 'OPTIONS',
  headers: {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,idempotency-key',
  },
});

describe('a page of a named site', () => {
  test('may send what a program may', async () => {
    const allowed = await permission(api, '/api/v1/replications', preflight(CONSOLE));
    expect(allowed).toMatchObject({
      'access-control-allow-origin': CONSOLE,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET,HEAD,POST,PUT,DELETE',
      'access-control-max-age': '600',
    });
    expect(allowed['access-control-allow-headers']?.split(',')).toEqual(
      expect.arrayContaining(['Authorization', 'Content-Type', 'Idempotency-Key', 'If-Match', 'Last-Event-ID']),
    );
  });

  test('may read answers and refusals, and their headers', async () => {
    for (const path of ['/api/v1/health', '/api/v1/jobs', '/api/v1/nothing']) {
      const allowed = await permission(api, path, { headers: { origin: CONSOLE } });
      expect(allowed).toMatchObject({ 'access-control-allow-origin': CONSOLE });
      expect(allowed['access-control-expose-headers']?.split(',')).toEqual(
        expect.arrayContaining(['X-Request-Id', 'Location', 'ETag', 'Retry-After']),
      );
    }
  });

  test('gets nothing but the API', async () => {
    expect(await permission(api, '/login', { headers: { origin: CONSOLE } })).toEqual({});
  });
});

test.each([
  'https://evil.example',
  'https://console.example.com:8443',
  'null',
  'https://console.example.com.evil.example',
])('a page of %s may do nothing', async (origin) => {
  expect(await permission(api, '/api/v1/replications', preflight(origin))).toEqual({});
  expect(await permission(api, '/api/v1/health', { headers: { origin } })).toEqual({});
});

test('an answer is not handed from one site to another by a cache', async () => {
  const reply = await fetch(`${api.url}/api/v1/health`);
  expect(reply.headers.get('vary')?.toLowerCase()).toContain('origin');
});

test('no other site may do anything unless the settings name it', async () => {
  expect(await permission(closed, '/api/v1/replications', preflight(CONSOLE))).toEqual({});
  expect(await permission(closed, '/api/v1/health', { headers: { origin: CONSOLE } })).toEqual({});
});
