import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RECORDED, setLogLevel, workerLog } from '../../../src/base/logger.ts';
import { flushLogLines, openLogSink } from '../../../src/db/log-sink.ts';
import { openDatabase } from '../../../src/db/knex.ts';
import { closeJob } from '../../../src/db/stores/job-settle.ts';
import { logEventsOfJob, pruneLogEvents, type LogEventRecord } from '../../../src/db/stores/log-event-store.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { makeJob } from '../../support/factories.ts';
import { until } from '../../support/until.ts';

setLogLevel('silent');
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

function eventsOf(jobId: string): Promise<LogEventRecord[]> {
  return logEventsOfJob(database.knex, { jobId, afterId: 0, limit: 5_000 });
}

test('lines about a job reach its log whatever the level of the process, without secrets, in their order', async () => {
  const { id } = await makeJob(database.knex);
  const sink = openLogSink(database.knex);
  const log = workerLog.child({ jobId: id, epoch: 2 });
  log.info({ diskId: 'disk-2000', password: 'hunter2', peer: { token: 'abc' } }, 'disk copied');
  log.debug('not for people');
  log.info(RECORDED, 'step done');
  workerLog.warn('of no job');
  log.warn('second');
  await sink.close();
  log.info('after the end');
  await flushLogLines(1_000);

  const events = await eventsOf(id);
  expect(events.map((event) => [event.level, event.message])).toEqual([
    ['INFO', 'disk copied'],
    ['WARN', 'second'],
  ]);
  expect(events[0]?.attrs).toEqual({
    subsystem: 'worker',
    epoch: 2,
    disk_id: 'disk-2000',
    password: '[secret]',
    peer: { token: '[secret]' },
  });
});

test('two parts of one process write each line once, and the second goes on when the first is closed', async () => {
  const { id } = await makeJob(database.knex);
  const first = openLogSink(database.knex);
  const second = openLogSink(database.knex);
  workerLog.info({ jobId: id }, 'one');
  await first.close();
  workerLog.info({ jobId: id }, 'two');
  await second.close();
  expect((await eventsOf(id)).map((event) => event.message)).toEqual(['one', 'two']);
});

test('a job that does not exist costs its own lines only', async () => {
  const { id } = await makeJob(database.knex);
  const sink = openLogSink(database.knex);
  workerLog.info({ jobId: 'job-of-nobody' }, 'lost');
  workerLog.info({ jobId: id }, 'kept');
  await sink.close();
  expect((await eventsOf(id)).map((event) => event.message)).toEqual(['kept']);
});

test('while the database is away the oldest lines go and are counted, and nothing waits or fails', async () => {
  const { id } = await makeJob(database.knex);
  const away = openDatabase({ ...database.config, port: 9 });
  const broken = openLogSink(away);
  const sink = openLogSink(database.knex);
  for (let n = 1; n <= 1_500; n += 1) workerLog.info({ jobId: id, n }, 'line');
  await flushLogLines(10_000);
  expect(await eventsOf(id)).toEqual([]);
  await broken.close();
  await away.destroy();
  await until(async () => (await eventsOf(id)).length > 0, { withinMs: 30_000, what: 'lines that were kept' });
  await sink.close();

  const [dropped, ...kept] = await eventsOf(id);
  expect(dropped).toMatchObject({ level: 'WARN', message: 'log lines dropped', attrs: { dropped: 500 } });
  expect(kept.map((event) => event.attrs?.['n'])).toEqual(Array.from({ length: 1_000 }, (_, index) => 501 + index));
});

test('the end of a job is told once, with the worker that brought it about', async () => {
  const { id } = await makeJob(database.knex, {
    status: 'running',
    dispatch_state: 'claimed',
    lease_owner: 'worker-1',
    lease_epoch: 3,
    attempt: 2,
  });
  const ending = { status: 'failed', code: 'vma.unreachable', message: 'it is away', hint: 'look' } as const;
  const ends = [];
  for (let n = 0; n < 2; n += 1) ends.push(await database.knex.transaction((trx) => closeJob(trx, id, ending)));
  expect(ends).toEqual([true, false]);
  const attrs = {
    epoch: 3,
    attempt: 2,
    worker: 'worker-1',
    code: 'vma.unreachable',
    reason: 'it is away',
    hint: 'look',
  };
  expect(await eventsOf(id)).toMatchObject([{ level: 'ERROR', message: 'job failed', attrs }]);
});

test('old events are deleted, the oldest first and no more than asked for', async () => {
  const { id } = await makeJob(database.knex);
  const day = 24 * 3_600_000;
  const ages = [40, 35, 32, 1];
  await database
    .knex('log_events')
    .insert(
      ages.map((days) => ({ job_id: id, level: 'INFO', message: `${days}`, ts: new Date(Date.now() - days * day) })),
    );
  expect(await pruneLogEvents(database.knex, { olderThanDays: 30, limit: 2 })).toBe(2);
  expect((await eventsOf(id)).map((event) => event.message)).toEqual(['32', '1']);
  expect(await pruneLogEvents(database.knex, { olderThanDays: 30, limit: 2 })).toBe(1);
  expect((await eventsOf(id)).map((event) => event.message)).toEqual(['1']);
});
