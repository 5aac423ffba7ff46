import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { API_PREFIX } from '../../../../src/api/server.ts';
import { startTestApi, type TestApi } from '../../../support/api.ts';
import { EventStream } from '../../../support/event-stream.ts';
import { makeJob } from '../../../support/factories.ts';
import { until } from '../../../support/until.ts';
import { Wire } from '../../../support/wire.ts';

const stack = new AsyncDisposableStack();
let api: TestApi;
beforeAll(async () => {
  api = stack.use(await startTestApi());
});
afterAll(async () => {
  await stack.disposeAsync();
});

async function open(
  path: string,
  more: { readonly of?: TestApi; readonly lastEventId?: number } = {},
): Promise<EventStream> {
  const { of = api, lastEventId } = more;
  const { token } = await of.context.sessions.issue('tester', 1);
  const headers = lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) };
  return EventStream.open(of.url, path, { token, headers });
}

/** Rows of `bytes` each, in one statement. */
async function logMany(
  of: TestApi,
  jobId: string,
  many: { readonly count: number; readonly bytes?: number },
): Promise<void> {
  const attrs = JSON.stringify({ filling: 'x'.repeat(many.bytes ?? 1) });
  const row = { job_id: jobId, level: 'INFO', message: 'line', attrs };
  await of.db('log_events').insert(Array.from({ length: many.count }, () => row));
}

async function idsOf(of: TestApi, jobId: string): Promise<number[]> {
  return of.db('log_events').where({ job_id: jobId }).orderBy('id').pluck<number[]>('id');
}

function noneTwice(ids: readonly number[]): void {
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual(ids.toSorted((a, b) => a - b));
}

test('a client that comes back gets everything after the last event that it had, while more is written', async () => {
  const { id } = await makeJob(api.db);
  await logMany(api, id, { count: 50 });
  const had = (await idsOf(api, id))[9] ?? 0;
  await logMany(api, id, { count: 1_500 });
  const opening = [`/jobs/${id}/events`, '/events'].map((path) => open(path, { lastEventId: had }));
  for (let n = 0; n < 20; n += 1) await logMany(api, id, { count: 7 });
  for (const stream of await Promise.all(opening)) {
    await using seen = stream;
    const wanted = (await idsOf(api, id)).filter((one) => one > had);
    await seen.when(() => seen.logIds().length >= wanted.length, 'all events');
    noneTwice(seen.logIds());
    expect(seen.logIds().filter((one) => wanted.includes(one))).toEqual(wanted);
  }
});

test('an id that was never given out means the present', async () => {
  const { id } = await makeJob(api.db);
  await using stream = await open(`/jobs/${id}/events`, { lastEventId: 9_000_000_000 });
  await stream.when((seen) => seen.of('job').length === 1, 'the snapshot');
  await until(
    async () => {
      await logMany(api, id, { count: 1 });
      return stream.logIds().length > 0;
    },
    { withinMs: 30_000, what: 'an event' },
  );
  noneTwice(stream.logIds());
});

test('an event that commits late comes before those that were written after it', async () => {
  const { id } = await makeJob(api.db);
  await using stream = await open('/events');
  await stream.when(() => api.context.events.clientCount > 0, 'the stream');
  const slow = await api.db.transaction();
  await slow('log_events').insert({ level: 'INFO', message: 'slow' });
  await logMany(api, id, { count: 3 });
  await slow.commit();
  const rolledBack = await api.db.transaction();
  await rolledBack('log_events').insert({ level: 'INFO', message: 'never' });
  await logMany(api, id, { count: 2 });
  await rolledBack.rollback();

  const ours = (): number[] => stream.logIds().filter((one) => wanted.includes(one));
  const wanted = (await api.db('log_events').where({ message: 'slow' }).pluck<number[]>('id')).concat(
    await idsOf(api, id),
  );
  await stream.when(() => ours().length === 6, 'all six');
  expect(ours()).toEqual(wanted.toSorted((a, b) => a - b));
});

test('a client that does not read is cut off, and the others hear everything', async () => {
  const { id } = await makeJob(api.db);
  await using reader = await open(`/jobs/${id}/events`);
  const deaf = await deafClient(`/jobs/${id}/events`);
  await until(() => api.context.events.clientCount === 2, { withinMs: 30_000, what: 'both clients' });
  // More than the kernel keeps for a connection, and than the server lets wait.
  for (let n = 0; n < 10; n += 1) await logMany(api, id, { count: 500, bytes: 4_000 });
  await until(() => api.context.events.clientCount === 1, { withinMs: 60_000, what: 'the deaf one to be cut off' });
  await reader.when((seen) => seen.logIds().length >= 5_000, 'every event');
  expect(reader.logIds()).toEqual(await idsOf(api, id));
  deaf.destroy();
});

async function deafClient(path: string): Promise<Socket> {
  const { token } = await api.context.sessions.issue('tester', 1);
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => socket.destroy());
  await once(socket, 'connect');
  socket.write(`GET ${API_PREFIX}${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`);
  socket.pause();
  return socket;
}

test('a stream ends with the session that opened it', async () => {
  const { token } = await api.context.sessions.issue('tester', 8 / 3600);
  const stream = await EventStream.open(api.url, '/events', { token });
  expect(await stream.closed).toBe(true);
  expect(stream.comments.map((text) => text.trim())).toContain('the session has expired');
  await expect(EventStream.open(api.url, '/events', { token })).rejects.toThrow('auth.expired');
});

test('more streams than the setting allows are asked to come later; one that closes makes room', async () => {
  await using small = await startTestApi((config) => ({ ...config, api: { ...config.api, streamsMax: 2 } }));
  const first = await open('/events', { of: small });
  await using _second = await open('/events', { of: small });
  const refused = await small.call('GET', '/events');
  expect(refused).toMatchObject({ status: 503, body: { code: 'events.too-many-streams' } });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);

  await first[Symbol.asyncDispose]();
  await until(() => small.context.events.clientCount < 2, { withinMs: 30_000, what: 'room' });
  await using _third = await open('/events', { of: small });
});

test('a server that stops ends its streams in good order and waits for none of them', async () => {
  const other = await startTestApi();
  const { id } = await makeJob(other.db);
  const streams = await Promise.all([open('/events', { of: other }), open(`/jobs/${id}/events`, { of: other })]);
  await other[Symbol.asyncDispose]();
  expect(await Promise.all(streams.map((stream) => stream.closed))).toEqual([true, true]);
  expect(streams.flatMap((stream) => stream.of('end'))).toEqual([]);
});

test('a stream outlives the absence of the database, and misses nothing', async () => {
  await using wire = new Wire();
  await using direct = await startTestApi();
  await using behind = await startTestApi(async (config) => {
    const { host, port } = direct.config.database;
    return {
      ...config,
      database: { ...direct.config.database, host: '127.0.0.1', port: await wire.open({ host, port }) },
    };
  });
  const { id } = await makeJob(direct.db);
  await using stream = await open(`/jobs/${id}/events`, { of: behind });
  await logMany(direct, id, { count: 2 });
  await stream.when((seen) => seen.logIds().length === 2, 'the events before');
  await wire.cut();
  await logMany(direct, id, { count: 3 });
  const refused = await behind.call('GET', `/jobs/${id}/events`);
  expect(refused).toMatchObject({ status: 503, body: { code: 'db.unreachable' } });
  await wire.mend();
  await stream.when((seen) => seen.logIds().length === 5, 'the events meanwhile');
  expect(stream.logIds()).toEqual(await idsOf(direct, id));
});
