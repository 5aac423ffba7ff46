import { systemClock } from '../base/clock.ts';
import type { Config } from '../config/config.ts';
import { openDatabase } from '../db/knex.ts';
import { catalogue } from '../queues/catalogue.ts';
import { openLedger } from '../queues/ledger.ts';
import { LoginGuard } from './auth/login-guard.ts';
import { openSessions } from './auth/sessions.ts';
import { openUsers } from './auth/users.ts';
import type { ApiContext } from './context.ts';
import { askVmaProgress } from './vma-progress.ts';

export interface OpenedContext extends ApiContext {
  /** After the server is closed: lets go of Redis and of the database. */
  close(): Promise<void>;
}

/** Everything the API needs, from its settings. Neither database nor Redis need to answer yet. */
export async function openContext(config: Config, version: string): Promise<OpenedContext> {
  const users = await openUsers(config.api);
  const sessions = await openSessions(config);
  const db = openDatabase(config.database);
  const ledger = openLedger({ db, redis: config.redis, ledger: config.ledger, catalogue });
  return {
    config,
    version,
    db,
    ledger,
    askProgress: askVmaProgress(config.vmaPeer),
    sessions,
    users,
    loginGuard: new LoginGuard(systemClock),
    clock: systemClock,
    async close() {
      await ledger.close();
      await db.destroy();
    },
  };
}
