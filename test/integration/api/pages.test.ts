import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Secret } from '../../../src/config/secrets.ts';
import { requestCancel } from '../../../src/db/stores/job-cancel.ts';
import { inTransaction } from '../../../src/db/knex.ts';
import { addTarget, sourceVm, startTestApi, type TestApi } from '../../support/api.ts';
import { signedInBrowser, type BrowserUser } from '../../support/browser-user.ts';
import { makeContext, makeDisk, makeJob, makeReplicationJob } from '../../support/factories.ts';
import { Wire } from '../../support/wire.ts';

const EVIL = `<script>alert(1)</script>"'&`;
const ESCAPED = '&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;';

let api: TestApi;
let ann: BrowserUser;
beforeAll(async () => {
  api = await startTestApi();
  await addTarget(api.db);
  ann = await signedInBrowser(api);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

async function textOf(path: string, status = 200): Promise<string> {
  const answer = await ann.get(path);
  expect(`${path} ${answer.status}`).toBe(`${path} ${status}`);
  expect(answer.headers.get('content-type')).toContain('text/html');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  return answer.text();
}

async function replicate(name: string): Promise<string> {
  const body = { source_vm: sourceVm(name), vcenter_host: 'vc1' };
  return String((await api.call('POST', '/replications', { body })).body['job_id']);
}

describe('signing in', () => {
  test.each(['/', '/jobs', '/jobs/job-1'])('%s is shown after it only, and it leads back there', async (path) => {
    const refused = await fetch(`${api.url}${path}`, { redirect: 'manual' });
    expect(refused.status).toBe(303);
    const next = path === '/' ? '/login' : `/login?next=${encodeURIComponent(path)}`;
    expect(refused.headers.get('location')).toBe(next);
    expect(await textOf(next)).toContain(`name="next" value="${path}"`);
  });

  test.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    '/login?next=/login',
    `/${'x'.repeat(2_000)}`,
    '/"><script>alert(1)</script>\\',
  ])('it never leads to %s', async (next) => {
    const page = await textOf(`/login?next=${encodeURIComponent(next)}`);
    expect(page).toContain('name="next" value="/"');
  });
});

describe('the list of jobs', () => {
  test('has the newest first, with filters, and pages that continue where the last one ended', async () => {
    const ids = [await replicate('list-1'), await replicate('list-2'), await replicate('list-3')];
    const first = await textOf('/jobs?limit=2&status=pending&queue=replicate');
    expect(first.indexOf(ids[2] ?? '-')).toBeLessThan(first.indexOf(ids[1] ?? '-'));
    expect(first).not.toContain(`/jobs/${ids[0]}`);
    expect(first).toContain('<option selected>pending</option>');
    expect(first).toMatch(/>replicate list-3</);

    const older = /href="(\/jobs\?[^"]*cursor=[^"]*)"/.exec(first)?.[1]?.replaceAll('&amp;', '&');
    expect(older).toContain('queue=replicate');
    expect(await textOf(`${older}&limit=2`)).toContain(`/jobs/${ids[0]}`);
    expect(await textOf('/jobs?status=failed&queue=')).toContain('No job fits');
  });

  test.each(['status=nonsense', 'cursor=nonsense', 'limit=0'])('says what is wrong with %s', async (query) => {
    expect(await textOf(`/jobs?${query}`, 400)).toContain('request.invalid');
  });
});

describe('the page of a job', () => {
  test('shows state, VM, steps, children, progress, log and error, and lets nothing from outside become HTML', async () => {
    const context = await makeContext(api.db, { vm_name: EVIL });
    const job = await makeJob(api.db, {
      context_id: context.context_id,
      status: 'failed',
      dispatch_state: 'closed',
      attempt: 3,
      error_code: 'nbd.stalled',
      error_message: `the source ${EVIL} stalled`,
      error_hint: `look at ${EVIL}`,
      started_at: api.db.raw('now(6) - interval 90 second'),
      completed_at: api.db.raw('now(6)'),
    });
    await makeReplicationJob(api.db, context.context_id, {
      id: job.id,
      status: 'failed',
      progress_percent: 41.7,
      bytes_transferred: 1024 ** 3,
      total_bytes: 4 * 1024 ** 3,
      current_operation: `reading ${EVIL}`,
    });
    const owner = { contextId: context.context_id, jobId: job.id };
    await makeDisk(api.db, owner, { label: `Hard disk ${EVIL}`, bytes_synced: 1024 ** 2, sync_progress_percent: 12 });
    await api.db('job_steps').insert({
      job_id: job.id,
      name: `transfer ${EVIL}`,
      seq: 1,
      status: 'failed',
      runs: 2,
      started_at: api.db.raw('now(6) - interval 65 second'),
      completed_at: api.db.raw('now(6)'),
      error_message: `broke at ${EVIL}`,
    });
    const child = await makeJob(api.db, { parent_job_id: job.id, operation: 'attach-volume', status: 'completed' });
    await api
      .db('log_events')
      .insert({ job_id: job.id, level: 'WARN', message: `slow ${EVIL}`, attrs: JSON.stringify({ disk_id: EVIL }) });

    const page = await textOf(`/jobs/${job.id}`);

    expect(page).not.toContain('<script>alert');
    for (const part of [
      `<dd>${ESCAPED}</dd>`,
      `The source ${ESCAPED} stalled`,
      'nbd.stalled',
      `What to do next:</strong> Look at ${ESCAPED}`,
      '3 of at most',
      '✗</span> failed',
      '41 %</b>',
      '1.0 GiB sent of 4.0 GiB',
      `Hard disk ${ESCAPED}`,
      '12 %</b>',
      `reading ${ESCAPED}`,
      `transfer ${ESCAPED}`,
      'entered 2 times',
      `broke at ${ESCAPED}`,
      '1 min 5 s',
      '1 min 30 s',
      `href="/jobs/${child.id}"`,
      `slow ${ESCAPED}`,
      `disk_id=${ESCAPED}`,
    ]) {
      expect(page).toContain(part);
    }
    expect(page).not.toContain('Cancel this job');
    expect(await textOf(`/jobs/${child.id}`)).toContain(`href="/jobs/${job.id}"`);
    expect(await textOf('/jobs?status=failed')).toContain(ESCAPED);
  });

  test('says of a running copy that it is verified, how far, and which limit it goes by', async () => {
    const context = await makeContext(api.db);
    const verifying = { bytes_read: 3 * 1024 ** 2, bytes_total: 12 * 1024 ** 2 };
    const job = await makeJob(api.db, {
      context_id: context.context_id,
      status: 'running',
      dispatch_state: 'claimed',
      metadata: JSON.stringify({ progress: { average_bps: 1024, verifying, disks: [] } }),
    });
    await makeReplicationJob(api.db, context.context_id, {
      id: job.id,
      status: 'running',
      current_operation: 'Verifying: 3.0 MiB of 12.0 MiB read again',
      bandwidth_in_force_bytes_per_s: 20 * 1024 ** 2,
      vma_last_poll_at: api.db.raw('now(3)'),
    });
    const page = await textOf(`/jobs/${job.id}`);
    expect(page).toContain('Verifying: 3.0 MiB of 12.0 MiB read again');
    expect(page).toContain('limited to 20.0 MiB/s');
    const inForce = { bandwidth_in_force_bytes_per_s: 20 * 1024 ** 2 };
    for (const path of [`/replications/${job.id}/progress`, `/jobs/${job.id}`]) {
      const { body } = await api.call('GET', path);
      expect(body['progress'] ?? body).toMatchObject({ verifying, ...inForce });
    }

    await api.db('replication_jobs').where('id', job.id).update({ status: 'failed' });
    expect(await textOf(`/jobs/${job.id}`)).not.toContain('limited to');
    const { body } = await api.call('GET', `/jobs/${job.id}`);
    expect(body['progress']).toMatchObject({ verifying: null, bandwidth_in_force_bytes_per_s: null });
  });

  test('runs our script alone, asks this server alone, and works without', async () => {
    const id = await replicate('policy');
    const answer = await ann.get(`/jobs/${id}`);
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'self';");
    expect(policy).not.toContain('unsafe');
    const page = await answer.text();
    expect(page.match(/<script[^>]*>/g)).toEqual(['<script defer src="/live.js">']);
    expect(page).not.toMatch(/ style=| on\w+=/);
    expect(page).toContain('<noscript><meta http-equiv="refresh"');
    expect((await ann.get('/live.js')).headers.get('content-type')).toContain('javascript');
  });

  test.each(['job-nothing', 'x'.repeat(500), '%3Cscript%3E'])('says that there is no job %s', async (id) => {
    const page = await textOf(`/jobs/${id}`, 404);
    expect(page).toContain('There is no job');
    expect(page).not.toContain('<script>');
  });

  test('tells how long a job waits for another attempt, and that it was asked to stop', async () => {
    const { id } = await makeJob(api.db, {
      dispatch_state: 'retry_wait',
      status: 'running',
      attempt: 2,
      not_before: '2031-02-03 04:05:06',
      lease_epoch: 1,
    });
    expect(await textOf(`/jobs/${id}`)).toContain('2031-02-03 04:05:06 UTC');
    await inTransaction(api.db, (trx) => requestCancel(trx, id, 'enough (by bob)'));
    const page = await textOf(`/jobs/${id}`);
    expect(page).toContain('enough (by bob)');
    expect(page).not.toContain('Cancel this job');
  });
});

describe('cancelling on the page', () => {
  test('ends the job and leads back to its page, which says who asked', async () => {
    const id = await replicate('cancel-1');
    expect(await textOf(`/jobs/${id}`)).toContain('Yes, cancel it');

    const answer = await ann.send('POST', `/jobs/${id}/cancel`);

    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(`/jobs/${id}`);
    const page = await textOf(`/jobs/${id}`);
    expect(page).toContain('</span> cancelled');
    expect(page).toContain('by ann');
    const again = await ann.send('POST', `/jobs/${id}/cancel`);
    expect(again.status).toBe(409);
    expect(await again.text()).toContain('has ended already');
  });

  test('is refused from another site, without a session, for an unknown job, and for a child', async () => {
    const id = await replicate('cancel-2');
    const child = await makeJob(api.db, { parent_job_id: id });
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
      expect((await ann.send('POST', `/jobs/${id}/cancel`, headers)).status).toBe(403);
    }
    const stranger = await fetch(`${api.url}/jobs/${id}/cancel`, { method: 'POST', redirect: 'manual' });
    expect(stranger.status).toBe(401);
    expect(await stranger.text()).toContain('href="/login"');
    expect((await ann.send('POST', '/jobs/job-nothing/cancel')).status).toBe(404);
    const refused = await ann.send('POST', `/jobs/${child.id}/cancel`);
    expect(refused.status).toBe(409);
    expect(await refused.text()).toContain('Cancel that one');
    expect((await api.call('GET', `/jobs/${id}`)).body).toMatchObject({ status: 'pending', cancel_requested_at: null });
  });
});

describe('the overview', () => {
  test('counts the jobs of the last day and tells how database and Redis are', async () => {
    await using other = await startTestApi();
    const user = await signedInBrowser(other);
    const ended = (hours: number): object => ({ completed_at: other.db.raw(`now(6) - interval ${hours} hour`) });
    await makeJob(other.db, { status: 'failed', dispatch_state: 'closed', ...ended(1) });
    await makeJob(other.db, { status: 'failed', dispatch_state: 'closed', ...ended(25) });
    await makeJob(other.db, { status: 'running', dispatch_state: 'claimed' });

    const page = await (await user.get('/')).text();

    expect(page).toContain('<b>1</b> failed in 24 h');
    expect(page).toContain('<b>1</b> running');
    expect(page).toContain('<b>0</b> waiting');
    for (const path of ['/jobs', '/admin/queues', '/docs']) expect(page).toContain(`href="${path}"`);
    expect(page).toContain('Database answers');
  });

  test('without the database it says so, and the other pages are 503 with a hint', async () => {
    await using wire = new Wire();
    await using lonely = await startTestApi(async (config) => ({
      ...config,
      database: { ...config.database, port: await wire.open(config.database) },
      redis: { ...config.redis, url: new Secret('redis://127.0.0.1:9') },
    }));
    const user = await signedInBrowser(lonely);
    await wire.cut();

    const overview = await user.get('/');
    expect(overview.status).toBe(200);
    expect(await overview.text()).toContain('The database does not answer');
    for (const path of ['/jobs', '/jobs/job-1']) {
      const answer = await user.get(path);
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('5');
      expect(await answer.text()).toContain('db.unreachable');
    }
  });
});
