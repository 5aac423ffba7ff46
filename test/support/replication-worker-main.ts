// A process with workers of the replication queues, for tests that kill it. Settings come in the environment, as for
// the real worker; TEST_DEATH is where it dies by itself.
import { setLogLevel } from '../../src/base/logger.ts';
import { toConfig } from '../../src/config/config.ts';
import { readEnv } from '../../src/config/env.ts';
import { openDatabase } from '../../src/db/knex.ts';
import { replicateDeps } from '../../src/processors/worker.ts';
import { Death } from './mortal-work.ts';
import { startReplicationWorkers } from './replication-workers.ts';

const config = toConfig(readEnv());
setLogLevel(config.logLevel);
const { TEST_DEATH: death } = process.env;
const db = openDatabase(config.database);
startReplicationWorkers(config, {
  deps: replicateDeps(config, db),
  death: death === undefined ? undefined : Death.parse(JSON.parse(death)),
});
