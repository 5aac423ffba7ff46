import { appRoutes } from '@bull-board/api/dist/routes.js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Queue } from 'bullmq';
import { shownQueues } from '../../../src/api/board/queues.ts';
import type { VmNames } from '../../../src/api/board/vm-names.ts';
import { Problem } from '../../../src/api/schemas/fields.ts';
import type { RedisConfig } from '../../../src/config/config.ts';
import { Secret } from '../../../src/config/secrets.ts';
import { QUEUE_NAMES } from '../../../src/queues/define-job.ts';
import { addTarget, sourceVm, startTestApi, type TestApi } from '../../support/api.ts';
import { signedInBrowser, type BrowserUser } from '../../support/browser-user.ts';
import { testRedis } from '../../support/redis.ts';
import { until } from '../../support/until.ts';
import { Wire } from '../../support/wire.ts';

const BOARD = '/admin/queues';

interface ShownJob {
  readonly id: string;
  readonly name: string;
  readonly data: Record<string, unknown>;
  readonly returnValue: unknown;
  readonly externalUrl: { readonly href: string };
}
interface ShownQueue {
  readonly name: string;
  readonly readOnlyMode: boolean;
  readonly isPaused: boolean;
  readonly counts: Record<string, number>;
  readonly hasWorkers: unknown;
  readonly jobs: readonly ShownJob[];
}

let api: TestApi;
let redis: RedisConfig;
let ann: BrowserUser;
let jobId: string;
beforeAll(async () => {
  redis = testRedis();
  api = await startTestApi((config) => ({ ...config, redis }));
  await addTarget(api.db);
  ann = await signedInBrowser(api);
  const body = { source_vm: sourceVm('web01'), vcenter_host: 'vc1' };
  jobId = String((await api.call('POST', '/replications', { body })).body['job_id']);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

async function shown(activeQueue: string, user = ann): Promise<readonly ShownQueue[]> {
  const answer = await user.get(`${BOARD}/api/queues?activeQueue=${activeQueue}&status=latest&page=1&jobsPerPage=10`);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { queues: ShownQueue[] }).queues;
}

/** Works on a queue of the test's Redis directly. */
async function inQueue<T>(name: string, work: (queue: Queue) => Promise<T>): Promise<T> {
  const url = new URL(redis.url.reveal());
  const connection = { host: url.hostname, port: Number(url.port), password: decodeURIComponent(url.password) };
  const queue = new Queue(name, { connection, prefix: redis.prefix });
  try {
    return await work(queue);
  } finally {
    await queue.close();
  }
}

async function problemOf(answer: Response): Promise<Record<string, unknown>> {
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  return Problem.parse(await answer.json());
}

describe('who may look', () => {
  test('a browser without a session goes to the login page, and from there to where it wanted', async () => {
    const refused = await fetch(`${api.url}${BOARD}/queue/replicate?status=failed`, {
      redirect: 'manual',
      headers: { accept: 'text/html' },
    });
    expect(refused.status).toBe(303);
    expect(refused.headers.get('location')).toBe(
      `/login?next=${encodeURIComponent(`${BOARD}/queue/replicate?status=failed`)}`,
    );
  });

  test('a program without a session gets 401 as a problem document', async () => {
    const answers = await Promise.all([
      fetch(`${api.url}${BOARD}/api/queues`),
      fetch(`${api.url}${BOARD}/api/queues`, { headers: { accept: 'text/html' } }),
      fetch(`${api.url}${BOARD}`, { headers: { accept: 'application/json' } }),
      fetch(`${api.url}${BOARD}/api/queues/replicate/pause`, { method: 'PUT', headers: { accept: 'text/html' } }),
    ]);
    for (const answer of answers) expect(await problemOf(answer)).toMatchObject({ status: 401, code: 'auth.required' });
  });

  test('a bearer token opens it as the cookie does', async () => {
    const { token } = await api.context.sessions.issue('tester', 1);
    const answer = await fetch(`${api.url}${BOARD}/api/queues?page=1&jobsPerPage=10`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(200);
  });
});

describe('what is shown', () => {
  test('all seven queues under their own names, and a job under its title, which names the VM, with a link to its page', async () => {
    const queues = await shown('replicate');

    expect(queues.map((queue) => queue.name)).toEqual([...QUEUE_NAMES]);
    const [job] = queues.find((queue) => queue.name === 'replicate')?.jobs ?? [];
    expect(job).toMatchObject({
      id: `${jobId}.1`,
      name: 'replicate web01',
      data: { jobId, generation: 1 },
      externalUrl: { href: `/jobs/${jobId}` },
    });
    expect((await ann.get(job?.externalUrl.href ?? '')).status).toBe(200);
  });

  test('a job alone under the same title, and one whose title names no VM with the name before it', async () => {
    const answer = await ann.get(`${BOARD}/api/queues/replicate/${jobId}.1`);
    expect((await answer.json()) as { job: ShownJob }).toMatchObject({ job: { name: 'replicate web01' } });

    const gone = { body: { source_vm: sourceVm('web02'), vcenter_host: 'vc1' } };
    const other = String((await api.call('POST', '/replications', gone)).body['job_id']);
    await api.call('POST', `/replications/${other}/cancel`);
    const deletion = await api.call('DELETE', `/replications/${other}`);
    const id = String(deletion.body['deletion_tracking_id']);
    const jobs = (await shown('delete-job')).find((queue) => queue.name === 'delete-job')?.jobs ?? [];
    expect(jobs.map(({ name }) => name)).toEqual([`web02: delete ${other}`]);
    expect(jobs.map((job) => job.id)).toEqual([`${id}.1`]);
  });

  test('nothing of a message or of its result but what we put there', async () => {
    await inQueue('maintenance', (queue) =>
      queue.add('foreign', { jobId: 'x', password: 'hunter2', nested: { token: 'hunter2' } }, { jobId: 'foreign-1' }),
    );
    const answer = await ann.get(`${BOARD}/api/queues/maintenance/foreign-1`);
    const text = await answer.text();
    expect(answer.status).toBe(200);
    expect(text).not.toContain('hunter2');
    expect(text).toContain('foreign');
  });

  test('neither the clients of Redis nor Redis itself', async () => {
    expect((await shown('')).map((queue) => queue.hasWorkers)).toEqual(QUEUE_NAMES.map(() => null));
    expect((await ann.get(`${BOARD}/api/queues/replicate/workers`)).status).toBe(403);
    expect((await ann.get(`${BOARD}/api/redis/stats`)).status).toBe(403);
  });

  test('a page without a script of its own or a file from elsewhere, under a policy for this path only', async () => {
    const answer = await ann.get(BOARD);
    const page = await answer.text();
    expect(answer.status).toBe(200);
    expect(page).toContain('MigrateKit OSSEA');
    expect(page).not.toMatch(/(href|src)="(https?:)?\/\//);
    // The one script between tags is data.
    expect(page.match(/<script(?![^>]*\ssrc=)[^>]*>/g)).toEqual([
      '<script id="__UI_CONFIG__" type="application/json">',
    ]);

    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
    expect((await ann.get('/login')).headers.get('content-security-policy')).not.toContain('script-src');
    const script = /src="(static\/js\/main[^"]+)"/.exec(page)?.[1];
    expect((await ann.get(`${BOARD}/${script}`)).headers.get('content-type')).toContain('javascript');
  });
});

describe('nothing can be changed', () => {
  const writes = appRoutes.api.flatMap((route) =>
    [route.method]
      .flat()
      .flatMap((method) => (method === 'get' ? [] : [{ method, path: [route.route].flat()[0] ?? '' }])),
  );

  test('every route of the board that would change something answers 405, and the queues stay as they were', async () => {
    const before = JSON.stringify(await shown('replicate'));
    expect(writes.length).toBeGreaterThan(15);
    for (const { method, path } of writes) {
      const filled = path
        .replace(':queueName', 'replicate')
        .replace(':jobId', `${jobId}.1`)
        .replace(':queueStatus', 'failed')
        .replace(/:\w+/g, 'x');
      const answer = await ann.send(method.toUpperCase(), `${BOARD}${filled}`);
      expect(`${method} ${path} ${answer.status}`).toBe(`${method} ${path} 405`);
      expect(answer.headers.get('allow')).toBe('GET, HEAD');
      expect(await problemOf(answer)).toMatchObject({ code: 'board.read-only' });
    }
    expect(JSON.stringify(await shown('replicate'))).toBe(before);
    expect(await inQueue('replicate', (queue) => queue.isPaused())).toBe(false);
    expect(await inQueue('replicate', (queue) => queue.getJobState(`${jobId}.1`))).toBe('prioritized');
  });

  test('behind that, every queue is read-only for Bull Board itself', () => {
    for (const queue of shownQueues(api.context.board.queues, noNames)) {
      expect(queue).toMatchObject({ readOnlyMode: true, allowRetries: false });
    }
  });
});

const noNames: VmNames = { learn: () => Promise.resolve(), titled: (_jobId, title) => title };

describe('Redis is away', () => {
  test('the page says so with 503, programs get a problem document, and jobs are still shown', async () => {
    const nowhere = new Secret('redis://127.0.0.1:9');
    await using lonely = await startTestApi((config) => ({ ...config, redis: { ...config.redis, url: nowhere } }));
    const user = await signedInBrowser(lonely);

    const page = await user.get(BOARD);
    expect(page.status).toBe(503);
    const text = await page.text();
    expect(text).toContain('Redis does not answer');
    expect(text).toContain('http-equiv="refresh"');
    const refused = await user.get(`${BOARD}/api/queues`);
    expect(await problemOf(refused)).toMatchObject({ status: 503, code: 'redis.away', hint: expect.any(String) });
    expect((await user.get('/jobs')).status).toBe(200);
    expect(await (await user.get('/')).text()).toContain('Redis is away');
  });

  test.each(['cut', 'mute', 'forget'] as const)(
    'a wire to it that does %s ends in 503 within the deadline, and the queues are back without a restart',
    async (how) => {
      await using wire = new Wire();
      const direct = testRedis();
      await using apart = await startTestApi(async (config) => {
        const url = new URL(direct.url.reveal());
        url.port = String(await wire.open({ host: url.hostname, port: Number(url.port) }));
        return { ...config, redis: { ...direct, url: new Secret(url.href) } };
      });
      const user = await signedInBrowser(apart);
      await until(() => apart.context.board.isReady(), { withinMs: 60_000, what: 'redis' });
      expect(await shown('replicate', user)).toHaveLength(QUEUE_NAMES.length);

      await wire[how]();

      // More than may wait at a time.
      const asked = Array.from({ length: 30 }, () => user.get(`${BOARD}/api/queues`));
      const answers = await Promise.all(asked);
      const refused = answers.filter((answer) => answer.status !== 200);
      // Over a new connection the last of those that wait may get their answer.
      expect(refused.length).toBeGreaterThanOrEqual(how === 'forget' ? 1 : answers.length);
      for (const answer of refused) {
        expect(await problemOf(answer)).toMatchObject({ status: 503, code: 'redis.away' });
      }

      if (how !== 'forget') {
        await wire.cut();
        await wire.mend();
      }
      await until(async () => (await user.get(`${BOARD}/api/queues?page=1&jobsPerPage=10`)).status === 200, {
        withinMs: 60_000,
        what: 'the queues',
      });
    },
  );
});
