// A worker process for tests: real signals and a real death. Its settings come in the environment, because they hold
// passwords; it says `ready` on stdout, and ends after SIGTERM when everything is closed.
import { z } from 'zod';
import { Secret } from '../../src/config/secrets.ts';
import { openDatabase } from '../../src/db/knex.ts';
import { startWorkers } from '../../src/queues/work.ts';
import { noopJobs, testCatalogue } from './noop-job.ts';

const Timing = z.object({
  leaseMs: z.int(),
  heartbeatMs: z.int(),
  trustMs: z.int(),
  reconcileMs: z.int(),
  relayMs: z.int(),
  cancelPollMs: z.int(),
  dispatchTimeoutMs: z.int(),
  retryFirstMs: z.int(),
  retryMaxMs: z.int(),
});
const Settings = z.object({
  name: z.string(),
  db: z.object({
    host: z.string(),
    port: z.int(),
    user: z.string(),
    password: z.string(),
    name: z.string(),
    poolMax: z.int(),
  }),
  redis: z.object({ url: z.string(), prefix: z.string() }),
  timing: Timing,
  dir: z.string(),
});

const settings = Settings.parse(JSON.parse(process.env['TEST_WORKER'] ?? '{}'));
const db = openDatabase({ ...settings.db, password: new Secret(settings.db.password) });
const workers = startWorkers({
  db,
  redis: { url: new Secret(settings.redis.url), prefix: settings.redis.prefix },
  ledger: settings.timing,
  catalogue: testCatalogue,
  worker: { name: settings.name, concurrency: 4, shutdownMs: 20_000 },
  jobs: noopJobs(settings.dir),
});
process.once('SIGTERM', () => {
  void workers.close().then(() => db.destroy());
  // Its jobs have been told by now.
  process.stderr.write('told to end\n');
});
process.stdout.write('ready\n');
