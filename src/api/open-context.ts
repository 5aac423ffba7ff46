import { networkInterfaces } from 'node:os';
import { systemClock } from '../base/clock.ts';
import { apiLog } from '../base/logger.ts';
import type { Config } from '../config/config.ts';
import { openDatabase } from '../db/knex.ts';
import { openSecretBox } from '../db/secret-box.ts';
import { openLogSink } from '../db/log-sink.ts';
import { openBoard } from '../queues/board.ts';
import { catalogue } from '../queues/catalogue.ts';
import { openLedger } from '../queues/ledger.ts';
import { createVmaClient, type VmaClient } from '../vma/client.ts';
import { askDaemons } from './away.ts';
import { LoginGuard } from './auth/login-guard.ts';
import { openSessions } from './auth/sessions.ts';
import { openUsers } from './auth/users.ts';
import type { ApiContext } from './context.ts';
import { EventHub } from './events/hub.ts';
import { ReplicationAcceptor } from './replications/accept.ts';
import type { VmaProgress } from './schemas/progress.ts';

export interface OpenedContext extends ApiContext {
  /** After the server is closed: lets go of Redis and of the database. */
  close(): Promise<void>;
}

/** Everything the API needs, from its settings. Neither database nor Redis need to answer yet. */
export async function openContext(config: Config, version: string): Promise<OpenedContext> {
  const users = await openUsers(config.api);
  const sessions = await openSessions(config);
  const db = openDatabase(config.database);
  const logSink = openLogSink(db);
  const events = new EventHub({ db, clientsMax: config.api.streamsMax });
  const ledger = openLedger({ db, redis: config.redis, ledger: config.ledger, catalogue });
  const acceptor = new ReplicationAcceptor(ledger);
  const vma = createVmaClient(config.vmaPeer);
  const board = openBoard(config.redis);
  return {
    config,
    version,
    db,
    box: () => openSecretBox(config),
    ledger,
    acceptor,
    board,
    vma,
    ownMacs: () => (config.api.omaMacs.length > 0 ? config.api.omaMacs : macsOfThisMachine()),
    askProgress: askProgress(vma),
    askAway: askDaemons({ vma: config.vmaPeer, 'volume-daemon': config.volumeDaemonPeer }),
    sessions,
    users,
    loginGuard: new LoginGuard(systemClock),
    clock: systemClock,
    events,
    async close() {
      await Promise.all([events.close(), acceptor.close()]);
      await Promise.all([ledger.close(), board.close()]);
      await logSink.close();
      await db.destroy();
    },
  };
}

const macsOfThisMachine = (): string[] =>
  Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ mac }) => mac));

/** The VMA is asked for two seconds; whatever goes wrong, the row has an answer too. */
function askProgress(vma: Pick<VmaClient, 'progress'>): ApiContext['askProgress'] {
  return async (jobId): Promise<VmaProgress | undefined> => {
    try {
      return await vma.progress(jobId);
    } catch (error) {
      apiLog.debug({ err: error, jobId }, 'the vma has no progress of this job');
      return undefined;
    }
  };
}
