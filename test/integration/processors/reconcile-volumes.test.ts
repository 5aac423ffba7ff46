import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GiB } from '../../../src/base/units.ts';
import { createVolume } from '../../../src/cloudstack/volume-creation.ts';
import { toConfig, type Config } from '../../../src/config/config.ts';
import { readEnv } from '../../../src/config/env.ts';
import { openSecretBox } from '../../../src/db/secret-box.ts';
import { isDue } from '../../../src/db/stores/periodic-store.ts';
import { findingsAbout } from '../../../src/db/stores/volume-finding-store.ts';
import { reconcileVolumesProcessor } from '../../../src/processors/reconcile-volumes/index.ts';
import { reconcileSchedule } from '../../../src/processors/reconcile-volumes/schedule.ts';
import { bindJob, catalogue } from '../../../src/queues/catalogue.ts';
import { reconcileVolumesJob } from '../../../src/queues/jobs/reconcile-volumes.ts';
import { startWorkers, type Workers } from '../../../src/queues/work.ts';
import { startTestCloud, type TestCloud } from '../../support/cloudstack.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { makeOsseaConfig } from '../../support/factories.ts';
import { testRedis } from '../../support/redis.ts';
import { until } from '../../support/until.ts';

const WITHIN = { withinMs: 60_000 };
const HOUR_MS = 3_600_000;

const stack = new AsyncDisposableStack();
let database: TestDatabase;
let cloud: TestCloud;
let config: Config;
beforeAll(async () => {
  database = stack.use(await createTestDatabase());
  cloud = stack.use(await startTestCloud());
  config = toConfig(
    readEnv({
      MIGRATEKIT_RECONCILE_MS: '300',
      MIGRATEKIT_RELAY_MS: '100',
      MIGRATEKIT_SECRETS_KEY: randomBytes(32).toString('base64'),
    }),
  );
});
afterAll(() => stack.disposeAsync());

function work(): Workers {
  const { ledger, worker } = config;
  const { knex: db } = database;
  return startWorkers({
    db,
    leaseDb: db,
    redis: testRedis(),
    ledger,
    catalogue,
    worker,
    jobs: [bindJob(reconcileVolumesJob, reconcileVolumesProcessor({ db, box: openSecretBox(config) }))],
    periodic: reconcileSchedule(HOUR_MS),
  });
}

interface JobRow {
  readonly id: string;
  readonly status: string;
  readonly result: string | null;
}
const jobs = (): Promise<JobRow[]> =>
  database
    .knex('job_tracking')
    .where({ operation: 'reconcile-volumes' })
    .orderBy('created_at')
    .select<JobRow[]>('id', 'status', database.knex.raw('CAST(result AS CHAR) AS result'));
const ended = (count: number): Promise<true | undefined> =>
  until(
    async () => {
      const rows = await jobs();
      return rows.length === count && rows.every((row) => row.status === 'completed') ? true : undefined;
    },
    { ...WITHIN, what: `${count} looks at the volumes` },
  );

test('looks at the volumes of each cloud when a look is due, writes down what disagrees, and not before the next is', async () => {
  const [schedule] = reconcileSchedule(HOUR_MS);
  const due = (): Promise<boolean> => isDue(database.knex, schedule?.name ?? '', HOUR_MS);
  await expect(schedule?.isWanted(database.knex)).resolves.toBe(false);
  expect(reconcileSchedule(0)).toEqual([]);

  const { endpoint: apiUrl, apiKey, secretKey, ids } = cloud.simulator;
  await makeOsseaConfig(database.knex, openSecretBox(config), { apiUrl, apiKey, secretKey, zone: ids.zone });
  await expect(schedule?.isWanted(database.knex)).resolves.toBe(true);
  const name = 'migration-ctx-of-nobody-disk-0';
  const intent = { name, zoneId: ids.zone, diskOfferingId: ids.diskOffering, sizeBytes: GiB };
  const { id: volumeId } = await createVolume(cloud.client, intent);

  await expect(due()).resolves.toBe(true);
  const first = work();
  await ended(1);
  await first.close();
  await expect(due()).resolves.toBe(false);
  await expect(findingsAbout(database.knex, volumeId)).resolves.toMatchObject([{ kind: 'unknown-context', looks: 1 }]);
  const [job] = await jobs();
  expect(JSON.parse(job?.result ?? 'null')).toMatchObject({ clouds: 1, away: 0, findings: 1 });
  const lines = await database.knex('log_events').where({ job_id: job?.id }).pluck<string[]>('message');
  expect(lines).toContain('volume finding');

  await database.knex('job_tracking').update({ created_at: database.knex.raw('now() - interval 2 hour') });
  const second = work();
  await ended(2);
  await second.close();
  await expect(findingsAbout(database.knex, volumeId)).resolves.toMatchObject([{ looks: 2 }]);
});
