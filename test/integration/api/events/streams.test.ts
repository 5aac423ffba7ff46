import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { inTransaction } from '../../../../src/db/knex.ts';
import { recordJobEvent } from '../../../../src/db/stores/job-event-store.ts';
import { startTestApi, type TestApi } from '../../../support/api.ts';
import { EventStream } from '../../../support/event-stream.ts';
import { makeContext, makeDisk, makeJob, makeReplicationJob } from '../../../support/factories.ts';

const stack = new AsyncDisposableStack();
let api: TestApi;
let token: string;
beforeAll(async () => {
  api = stack.use(await startTestApi());
  token = (await api.context.sessions.issue('tester', 1)).token;
});
afterAll(async () => {
  await stack.disposeAsync();
});

function open(path: string, headers: Record<string, string> = {}): Promise<EventStream> {
  return EventStream.open(api.url, path, { token, headers });
}

async function log(jobId: string, message: string): Promise<void> {
  await inTransaction(api.db, (trx) => recordJobEvent(trx, jobId, { level: 'INFO', message, attrs: { n: 1 } }));
}

async function end(jobId: string): Promise<void> {
  await api.db.transaction(async (trx) => {
    await recordJobEvent(trx, jobId, { level: 'INFO', message: 'job completed' });
    await trx('job_tracking').where({ id: jobId }).update({ status: 'completed', dispatch_state: 'closed' });
  });
}

test('a stream of one job tells its state, then what happens to it alone, and ends with it', async () => {
  const { id } = await makeJob(api.db);
  const { id: other } = await makeJob(api.db);
  await using stream = await open(`/jobs/${id}/events`);
  expect(Object.fromEntries(stream.response.headers)).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  });
  await stream.when((seen) => seen.of('job').length === 1, 'the snapshot');
  expect(stream.retryMs).toBe(2000);
  expect(stream.of('job')[0]?.data).toMatchObject({ job_id: id, status: 'pending', dispatch_state: 'queued' });

  await log(id, 'first');
  await log(other, 'of another job');
  await api.db('job_tracking').where({ id }).update({ status: 'running', percent_complete: 40 });
  await stream.when((seen) => seen.of('job').length === 2 && seen.messages().length === 1, 'the news');
  expect(stream.of('job')[1]?.data).toMatchObject({ status: 'running', percent_complete: 40 });

  await end(id);
  expect(await stream.closed).toBe(true);
  expect(stream.messages()).toEqual(['first', 'job completed']);
  expect(stream.events.at(-1)).toEqual({ id: undefined, event: 'end', data: {} });
  expect(stream.of('job').at(-1)?.data).toMatchObject({ status: 'completed' });
});

test('a stream of a job that is over tells what is asked for and ends', async () => {
  const { id } = await makeJob(api.db);
  await log(id, 'first');
  await log(id, 'second');
  await end(id);
  const { body } = await api.call('GET', `/jobs/${id}/logs?limit=1`);
  expect(body).toMatchObject({ job_id: id, count: 1, events: [{ message: 'first', attrs: { n: 1 } }] });

  await using rest = await open(`/jobs/${id}/events?last_event_id=${Number(body['next_after'])}`);
  expect(await rest.closed).toBe(true);
  expect(rest.messages()).toEqual(['second', 'job completed']);

  const next = await api.call('GET', `/jobs/${id}/logs?after=${Number(body['next_after'])}`);
  expect(next.body).toMatchObject({ count: 2, next_after: null });
});

test('the stream of everything tells each job that runs, its disks, and every event', async () => {
  const { context_id: contextId } = await makeContext(api.db);
  const { id } = await makeJob(api.db, { context_id: contextId, status: 'running', dispatch_state: 'claimed' });
  await makeReplicationJob(api.db, contextId, { id, status: 'running', progress_percent: 12.5, total_bytes: 1000 });
  await makeDisk(api.db, { contextId, jobId: id }, { label: 'Hard disk 1' });
  await using stream = await open('/events');
  await stream.when((seen) => seen.of('progress').some((one) => one.data['job_id'] === id), 'its progress');
  expect(stream.of('job').some((one) => one.data['job_id'] === id)).toBe(true);
  const progress = stream.of('progress').find((one) => one.data['job_id'] === id);
  expect(progress?.data).toMatchObject({
    percent: 12.5,
    total_bytes: 1000,
    eta_seconds: null,
    disks: [{ disk_id: 'disk-2000', label: 'Hard disk 1', percent: 0, status: 'pending' }],
  });
  await using second = await open('/events');
  await second.when((seen) => seen.of('progress').some((one) => one.data['job_id'] === id), 'the same for another');

  await log(id, 'hello');
  await end(id);
  await stream.when((seen) => seen.messages().includes('job completed'), 'its end');
  const told = (): boolean =>
    stream.of('job').some((one) => one.data['job_id'] === id && one.data['status'] === 'completed');
  await stream.when(told, 'its last state');
  expect(stream.logIds()).toEqual(stream.logIds().toSorted((a, b) => a - b));
});

test('what is asked for wrongly is refused before the stream begins', async () => {
  const { id } = await makeJob(api.db);
  expect(await api.call('GET', '/jobs/job-unknown/events')).toMatchObject({
    status: 404,
    body: { code: 'job.unknown' },
  });
  expect(await api.call('GET', '/jobs/job-unknown/logs')).toMatchObject({ status: 404 });
  expect(await api.call('GET', '/events?last_event_id=yesterday')).toMatchObject({ status: 400 });
  const headers = { 'last-event-id': '-4' };
  expect(await api.call('GET', `/jobs/${id}/events`, { headers })).toMatchObject({ status: 400 });
  expect(await api.call('GET', '/events', { token: '' })).toMatchObject({ status: 401 });
});
