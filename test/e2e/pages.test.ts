import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { QUEUE_NAMES } from '../../src/queues/define-job.ts';
import { TestBrowser } from '../support/browser.ts';
import { TestLab } from '../support/lab.ts';
import { until } from '../support/until.ts';

jest.setTimeout(180_000);

/** Slow enough that a copy can be watched: lab-vm-2 takes some 8 s, lab-vm-1 most of a minute. */
const RATE = '6000000';
const PATIENCE_MS = 90_000;

let lab: TestLab;
let browser: TestBrowser;
let origin: string;
let watched: string;
beforeAll(async () => {
  lab = await TestLab.up('--vms', '2', '--workers', '1', '--rate', RATE);
  origin = new URL(lab.state.api.url).origin;
  browser = await TestBrowser.open(origin);
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await lab[Symbol.asyncDispose]();
});

const open = (path: string) => browser.page.goto(`${origin}${path}`);
const textOf = (selector: string): Promise<string> => browser.page.locator(selector).first().innerText();

test('who is not signed in comes from Bull Board over the login page back to it', async () => {
  const { page } = browser;
  expect(lab.state.board).toBe(`${origin}/admin/queues`);
  await page.goto(lab.state.board);
  await page.fill('[name=username]', 'admin');
  await page.fill('[name=password]', 'wrong');
  await page.click('button');
  expect(await textOf('[role=alert]')).toContain('not right');
  await page.fill('[name=username]', 'admin');
  await page.fill('[name=password]', readFileSync(join(lab.dir, 'state/admin-password'), 'utf8').trim());
  await page.click('button');
  await page.waitForURL(lab.state.board);

  await page.getByRole('link', { name: 'maintenance' }).first().waitFor();
  for (const name of QUEUE_NAMES) {
    expect(await page.getByRole('link', { name, exact: true }).count()).toBeGreaterThan(0);
  }
});

test('the overview leads to jobs, queues and the reference', async () => {
  await open('/');
  expect(await textOf('main')).toContain('Redis answers');
  for (const path of ['/jobs', '/admin/queues', '/docs']) {
    expect(await browser.page.locator(`main a[href="${path}"]`).count()).toBe(1);
  }
});

test('the reference shows the routes', async () => {
  await open('/docs');
  await browser.page.getByText('/replications/{id}/cancel').first().waitFor();
});

test('the page of a running replication moves by itself until it is completed', async () => {
  const { page } = browser;
  watched = await lab.replicate('lab-vm-2');
  await open(`/jobs/${watched}`);
  const seen = new Set<string>();
  const limits = new Set<string>();
  await until(
    async () => {
      seen.add((await page.locator('progress').first().getAttribute('value')) ?? '');
      for (const limit of await page.locator('#limit').allInnerTexts()) limits.add(limit.trim());
      return (await textOf('.status')).includes('completed');
    },
    { withinMs: PATIENCE_MS, what: 'the page to say completed' },
  );
  expect([...seen].length).toBeGreaterThanOrEqual(3);
  expect([...limits]).toContain(', limited to 5.7 MiB/s');
  expect(await page.locator('.bar').count()).toBe(3);
  expect(await page.locator('progress').first().getAttribute('value')).toBe('100');
  // The log comes by a stream of its own.
  await until(async () => (await textOf('#log')).includes('job completed'), {
    withinMs: 60_000,
    what: 'the last line of the log',
  });
  expect(await textOf('#facts')).toMatch(/UTC\s+.*here/);
  expect(await textOf('#disks')).toMatch(/disk-2000\s+all of it, for the first time\s+first copy of this disk/);
  await until(async () => (await page.locator('summary').count()) === 0, {
    withinMs: 60_000,
    what: 'no cancel button',
  });
});

test('Bull Board shows the job by its title and leads to its page', async () => {
  const { page } = browser;
  await open('/admin/queues/queue/replicate');
  await page
    .getByText(/^replicate lab-vm-2$/)
    .first()
    .waitFor();
  // It opens a tab of its own.
  const [job] = await Promise.all([
    browser.context.waitForEvent('page'),
    page.locator(`a[href="/jobs/${watched}"]`).first().click(),
  ]);
  await job.waitForLoadState();
  expect(await job.locator('h1').innerText()).toBe('replicate lab-vm-2');
  await job.close();
  expect(await page.getByText(/Pause|Empty|Obliterate|Retry/).count()).toBe(0);
});

test('a page whose connection is lost says so, is live again after it, and cancels its job', async () => {
  const { page } = browser;
  const jobId = await lab.replicate('lab-vm-1');
  await open(`/jobs/${jobId}`);
  await until(async () => (await textOf('.status')).includes('running'), { withinMs: PATIENCE_MS, what: 'running' });
  await browser.context.setOffline(true);
  await page.locator('#stale').waitFor({ state: 'visible', timeout: PATIENCE_MS });
  expect(await textOf('#stale')).toMatch(/Not live|does not answer/);
  await browser.context.setOffline(false);
  await page.locator('#stale').waitFor({ state: 'hidden', timeout: PATIENCE_MS });

  await page.click('summary');
  await page.click('text=Yes, cancel it');
  await until(async () => (await textOf('.status')).includes('cancelled'), {
    withinMs: PATIENCE_MS,
    what: 'cancelled',
  });
  expect(await textOf('#head')).toContain('by admin');
  expect((await lab.api('GET', `/jobs/${jobId}`)).body).toMatchObject({ status: 'cancelled' });
});

test('no page broke its policy, failed in a script, or asked another server', () => {
  expect(browser.offences).toEqual([]);
});
