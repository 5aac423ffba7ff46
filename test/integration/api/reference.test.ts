import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { signedInBrowser } from '../../support/browser-user.ts';
import { TestBrowser } from '../../support/browser.ts';

let api: TestApi;
const stack = new AsyncDisposableStack();
beforeAll(async () => {
  api = stack.use(await startTestApi());
});
afterAll(async () => {
  await stack.disposeAsync();
});

const get = (path: string): Promise<Response> => fetch(`${api.url}${path}`, { redirect: 'manual' });

describe('the reference page', () => {
  test('is for who has signed in, and loads scripts of this server only', async () => {
    const stranger = await get('/docs');
    expect([stranger.status, stranger.headers.get('location')]).toEqual([303, '/login?next=%2Fdocs']);

    const page = await (await signedInBrowser(api)).get('/docs');
    const html = await page.text();
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(html).not.toMatch(/https?:\/\//);
    expect(html).not.toMatch(/<script(?![^>]* src=)/);
    const assets = [...html.matchAll(/(?:src|href)="(\/(?:docs|icon)[^"]*\.\w+)"/g)].map((match) => String(match[1]));
    expect(assets).toHaveLength(5);
    for (const path of assets) {
      const asset = await get(path);
      expect([path, asset.status]).toEqual([path, 200]);
    }
  });

  test('serves what Swagger UI needs of its package, and nothing else of it', async () => {
    for (const file of ['package.json', 'swagger-ui-bundle.js.map', 'index.html', '..%2fpackage.json', '']) {
      expect((await get(`/docs/assets/${file}`)).status).toBe(404);
    }
  });
});

test('a browser shows every operation, and "Execute" sends it with the session', async () => {
  await using browser = await TestBrowser.open(api.url);
  const { token } = await api.context.sessions.issue('ann', 1);
  await browser.context.addCookies([{ name: 'migratekit_session', value: token, url: api.url, sameSite: 'Strict' }]);
  const { page } = browser;

  await page.goto(`${api.url}/docs`);
  await page.locator('#operations-jobs-getJobs').waitFor();
  expect(await page.locator('.opblock').count()).toBe(api.routes.length);

  await page.locator('#operations-jobs-getJobs .opblock-summary-control').click();
  await page.locator('#operations-jobs-getJobs .try-out__btn').click();
  await page.locator('#operations-jobs-getJobs .execute').click();
  const answer = page.locator('#operations-jobs-getJobs .live-responses-table');
  await answer.waitFor();
  expect(await answer.innerText()).toMatch(/200[^]*"jobs": \[\]/);
  expect(browser.offences).toEqual([]);
});
