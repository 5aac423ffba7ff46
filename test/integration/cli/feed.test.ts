import { describe, expect, test } from '@jest/globals';
import { Api } from '../../../src/cli/client/api.ts';
import { feed, type FeedEvent, type FeedLimits } from '../../../src/cli/follow/feed.ts';
import { pollJob } from '../../../src/cli/follow/poll.ts';
import { events, hangUp, json, type OddApi, sse, startOddApi, text } from '../../support/odd-api.ts';

const job = (status: string): object => ({
  job_id: 'job-1',
  parent_job_id: null,
  operation: 'replicate',
  queue: 'replicate',
  context_id: 'ctx-1',
  status,
  dispatch_state: 'claimed',
  percent_complete: 0,
  attempt: 1,
  max_attempts: 20,
  not_before: null,
  cancel_requested_at: null,
  error_code: null,
  error_message: null,
  error_hint: null,
  created_at: '2026-01-14T09:30:00.000Z',
  started_at: null,
  completed_at: null,
});
const detail = (status: string): object => ({ ...job(status), progress: null, steps: [], children: [] });
const log = (id: number): object => ({ id, job_id: 'job-1', level: 'INFO', message: `m${id}`, attrs: {}, ts: 'x' });
const problem = (code: string): object => ({ code, detail: code, request_id: 'r1' });
const end = sse('end', {});

const never = new AbortController().signal;

/** What a feed of job-1 tells until it ends; names and ids only. */
async function told(odd: OddApi, more: { limits?: FeedLimits; signal?: AbortSignal; from?: number } = {}) {
  const api = new Api({ url: odd.url, token: undefined }, more.signal ?? never);
  const source = {
    path: '/jobs/job-1/events',
    lastEventId: more.from,
    isOneJob: true,
    poll: () => pollJob(api, 'job-1'),
  };
  const all: string[] = [];
  for await (const event of feed(api, source, more.limits)) all.push(nameOf(event));
  return all;
}

function nameOf(event: FeedEvent): string {
  if (event.kind === 'log') return `log ${event.data.id}`;
  if (event.kind === 'job') return `job ${event.data.status}`;
  return event.kind;
}

const lastIds = (odd: OddApi) => odd.asked.map(({ headers }) => headers['last-event-id']);

describe('the feed of a job', () => {
  test('ends with the job', async () => {
    await using odd = await startOddApi(
      events([': hello\n\n', 'retry: 2000\n\n', sse('job', job('running')), sse('log', log(7), 7), end], 'open'),
    );

    expect(await told(odd, { from: 0 })).toEqual(['job running', 'log 7', 'end']);
    expect(lastIds(odd)).toEqual(['0']);
    expect(odd.asked[0]).toMatchObject({ path: '/api/v1/jobs/job-1/events' });
  });

  test('goes on after the last event that was heard, however the stream broke', async () => {
    await using odd = await startOddApi(
      events([sse('job', job('running')), sse('log', log(7), 7), 'id: 8\nevent: log\ndata: {"id"'], 'cut'),
      events([sse('log', log(8), 8)], 'end'),
      hangUp,
      json(503, problem('events.shutdown')),
      events([sse('log', log(9), 9), sse('job', job('completed')), end], 'open'),
    );

    expect(await told(odd)).toEqual([
      ...['job running', 'log 7', 'lost', 'log 8', 'lost', 'lost', 'lost', 'log 9', 'job completed', 'end'],
    ]);
    expect(lastIds(odd)).toEqual([undefined, '7', '8', '8', '8']);
  });

  test('of a job that has ended does not ask again when the stream closes without saying so', async () => {
    await using odd = await startOddApi(events([sse('job', job('failed'))], 'end'));

    expect(await told(odd)).toEqual(['job failed']);
    expect(odd.asked).toHaveLength(1);
  });

  test('passes over events that only a newer API knows', async () => {
    await using odd = await startOddApi(events([sse('weather', 'sunny'), 'data: nameless\n\n', end], 'open'));

    expect(await told(odd)).toEqual(['end']);
  });

  test('asks again and again where the API has no streams', async () => {
    await using odd = await startOddApi(
      json(404, problem('route.unknown')),
      json(200, detail('running')),
      json(200, detail('completed')),
    );

    expect(await told(odd)).toEqual(['job running', 'job completed', 'end']);
    expect(odd.asked.map(({ path }) => path)).toEqual([
      '/api/v1/jobs/job-1/events',
      '/api/v1/jobs/job-1',
      '/api/v1/jobs/job-1',
    ]);
  });

  test('asks again and again where something on the way answers with a page', async () => {
    await using odd = await startOddApi(
      text(200, '<html>', { 'content-type': 'text/html' }),
      json(200, detail('failed')),
    );

    expect(await told(odd)).toEqual(['job failed', 'end']);
  });

  test.each([
    [404, 'job.unknown'],
    [401, 'auth.expired'],
  ])('ends at once with a refusal that no waiting mends: %i %s', async (status, code) => {
    await using odd = await startOddApi(json(status, problem(code)));

    await expect(told(odd)).rejects.toMatchObject({ code });
    expect(odd.asked).toHaveLength(1);
  });

  test.each([
    ['is no JSON', 'event: job\ndata: {oops\n\n'],
    ['has another shape', sse('job', { job_id: 7 })],
    ['never ends', `data: ${'x'.repeat(2 ** 21)}`],
  ])('ends with an error when an event %s', async (_what, event) => {
    await using odd = await startOddApi(events([event], 'open'));

    await expect(told(odd)).rejects.toMatchObject({ code: 'api.bad-answer' });
  });

  test('gives up when nothing was heard for too long', async () => {
    await using odd = await startOddApi(hangUp);

    await expect(told(odd, { limits: { giveUpAfterMs: 700 } })).rejects.toMatchObject({
      code: 'api.unreachable',
      hint: 'the jobs go on without this program',
    });
  });

  test('ends when its listener has enough, and closes its connection', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const closed = Promise.withResolvers<void>();
    await using odd = await startOddApi((req, res) => {
      req.socket.once('close', closed.resolve);
      events([sse('job', job('running'))], 'open')(req, res);
      setTimeout(() => stop.abort(reason), 100);
    });

    await expect(told(odd, { signal: stop.signal })).rejects.toBe(reason);
    await closed.promise;
  });
});
