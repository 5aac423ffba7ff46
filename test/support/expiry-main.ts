// A process that ends what has a time limit, once, and kills itself on the way: TEST_DIES_AT is before the so-manieth
// statement to the database, from 1, or `ring`: the job is accepted and nobody was told. Without such a moment it ends
// with 0.
import { setLogLevel } from '../../src/base/logger.ts';
import { toConfig } from '../../src/config/config.ts';
import { readEnv } from '../../src/config/env.ts';
import { openDatabase } from '../../src/db/knex.ts';
import { expireFailovers } from '../../src/processors/expire-failovers.ts';
import { catalogue } from '../../src/queues/catalogue.ts';
import { openLedger } from '../../src/queues/ledger.ts';

const config = toConfig(readEnv());
setLogLevel(config.logLevel);
const { TEST_DIES_AT: moment } = process.env;
const die = (): Promise<never> => {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
};

const db = openDatabase(config.database);
await using ledger = openLedger({ db, redis: config.redis, ledger: config.ledger, catalogue });
if (moment === 'ring') ledger.doorbell.ring = die;
let statements = 0;
db.on('query', () => {
  statements += 1;
  if (String(statements) === moment) void die();
});
await expireFailovers.submit(ledger);
await db.destroy();
