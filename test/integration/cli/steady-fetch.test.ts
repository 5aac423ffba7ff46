import { describe, expect, test } from '@jest/globals';
import { Api } from '../../../src/cli/client/api.ts';
import { steadyFetch } from '../../../src/cli/client/steady-fetch.ts';
import { half, hangUp, json, type OddAnswer, type OddApi, silence, startOddApi, text } from '../../support/odd-api.ts';

const jobs = { count: 0, jobs: [], next_cursor: null };
const started = { job_id: 'job-1', context_id: 'ctx-1', queue: 'replicate' };
const busy = { code: 'auth.busy', detail: 'too many', request_id: 'r1' };
const never = new AbortController().signal;
const client = (api: OddApi, signal = never): Api => new Api({ url: api.url, token: undefined }, signal);

describe('a read', () => {
  test.each<[string, OddAnswer]>([
    ['a connection that breaks', hangUp],
    ['an answer that breaks off', half],
    ['a 503 that says when to come back', json(503, busy, { 'retry-after': '0' })],
  ])('is repeated after %s', async (_what, first) => {
    await using api = await startOddApi(first, json(200, jobs));

    expect(await client(api).jobs({})).toEqual(jobs);
    expect(api.asked).toHaveLength(2);
  });

  test('is repeated twice and no more', async () => {
    await using api = await startOddApi(hangUp);

    await expect(client(api).jobs({})).rejects.toMatchObject({ code: 'api.unreachable', kind: 'upstream' });
    expect(api.asked).toHaveLength(3);
  });

  test.each([
    ['does not say when to come back', {}],
    ['asks for a longer wait than a person would sit through', { 'retry-after': '3600' }],
    ['names a time that is none', { 'retry-after': 'tomorrow' }],
  ])('is not repeated when a 503 %s', async (_what, headers) => {
    await using api = await startOddApi(json(503, busy, headers));

    await expect(client(api).jobs({})).rejects.toMatchObject({ code: 'auth.busy', details: { request_id: 'r1' } });
    expect(api.asked).toHaveLength(1);
  });

  test('of an API that says nothing ends at its deadline', async () => {
    await using api = await startOddApi(silence);
    const fetchSteadily = steadyFetch({ signal: never, answerWithinMs: 50 });

    await expect(fetchSteadily(new Request(api.url))).rejects.toMatchObject({
      code: 'api.unreachable',
      message: expect.stringContaining('no answer within 0.05 s'),
    });
  });

  test('ends when its caller has enough, also between two attempts', async () => {
    const reason = new Error('enough');
    const stop = new AbortController();
    await using api = await startOddApi((req, res) => {
      stop.abort(reason);
      silence(req, res);
    });

    await expect(client(api, stop.signal).jobs({})).rejects.toBe(reason);
  });

  test.each<[string, OddAnswer]>([
    ['a page of HTML', text(200, '<html>hello</html>', { 'content-type': 'text/html' })],
    ['nothing', text(200, '')],
    ['JSON of another shape', json(200, { jobs: 'none' })],
    ['an error of a proxy', text(502, '<html>Bad Gateway</html>')],
    ['a redirect', text(302, '', { location: 'http://127.0.0.1:1/elsewhere' })],
  ])('that gets %s says that this is not the API', async (_what, answer) => {
    await using api = await startOddApi(answer);

    await expect(client(api).jobs({})).rejects.toMatchObject({
      code: 'api.bad-answer',
      hint: expect.stringContaining('is this the address of the MigrateKit API'),
    });
    expect(api.asked).toHaveLength(1);
  });
});

describe('a request that creates work', () => {
  test('is sent again under the same key when its answer is lost', async () => {
    await using api = await startOddApi(hangUp, half, json(202, started));

    expect(await client(api).replicate({ context_id: 'ctx-1' })).toMatchObject(started);
    const keys = new Set(api.asked.map(({ headers }) => headers['idempotency-key']));
    expect(api.asked).toHaveLength(3);
    expect([...keys]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  });

  test('has a key of its own each time', async () => {
    await using api = await startOddApi(json(202, started));
    await client(api).replicate({ context_id: 'ctx-1' });
    await client(api).replicate({ context_id: 'ctx-1' });

    expect(new Set(api.asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
  });

  test('whose answer stays lost may have been accepted, and the person is told so', async () => {
    await using api = await startOddApi(hangUp);

    await expect(client(api).replicate({ context_id: 'ctx-1' })).rejects.toMatchObject({
      code: 'api.unreachable',
      hint: expect.stringContaining('may have been accepted'),
    });
  });

  test('without a key is sent once', async () => {
    await using api = await startOddApi(hangUp);

    await expect(client(api).login({ username: 'ann', password: 'x' })).rejects.toMatchObject({
      code: 'api.unreachable',
    });
    expect(api.asked).toHaveLength(1);
  });
});
