import { expect, test } from '@jest/globals';
import { setLogLevel } from '../../../src/base/logger.ts';
import type { PeriodicJob } from '../../../src/queues/periodic.ts';
import { startWorkers, type Workers } from '../../../src/queues/work.ts';
import { createTestDatabase } from '../../support/database.ts';
import { TEST_TIMING } from '../../support/ledger-lab.ts';
import { testCatalogue } from '../../support/noop-job.ts';
import { testRedis } from '../../support/redis.ts';
import { until } from '../../support/until.ts';

setLogLevel('silent');

test('periodic jobs are made by a process that has some, whoever else repairs the ledger', async () => {
  await using database = await createTestDatabase();
  const { knex: db } = database;
  const redis = testRedis();
  const start = (name: string, periodic: readonly PeriodicJob[]): Workers =>
    startWorkers({
      db,
      redis,
      ledger: TEST_TIMING,
      catalogue: testCatalogue,
      worker: { name, concurrency: 1, shutdownMs: 1_000 },
      jobs: [],
      periodic,
    });
  const leaders = (): Promise<string[]> =>
    db('leader_leases').where('name', 'reconciler').whereRaw('expires_at > now(6)').pluck('owner');

  await using repairer = start('volume-daemon', []);
  await until(async () => (await leaders()).length > 0, { withinMs: 30_000, what: 'a leader' });
  let made = 0;
  const job = {
    name: 'tick',
    everyMs: 50,
    isWanted: () => Promise.resolve(true),
    submit: () => Promise.resolve((made += 1)),
  };
  await using worker = start('worker', [job]);
  await until(() => made > 0, { withinMs: 30_000, what: 'a periodic job' });

  expect((await leaders())[0]).toMatch(/^volume-daemon-/);
  expect([repairer.runningCount, worker.runningCount]).toEqual([0, 0]);
});
