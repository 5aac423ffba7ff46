import { Router } from 'express';
import type { Knex } from 'knex';
import { precondition } from '../base/errors.ts';
import { volumeLog } from '../base/logger.ts';
import type { VolumeDaemonConfig } from '../config/config.ts';
import { requireSharedSecret } from '../http/bearer.ts';
import { endWithProblems, listen, newApp, type RunningServer } from '../http/server.ts';
import type { Ledger } from '../queues/ledger.ts';
import type { OpenCloud } from './cloud.ts';
import { cloudWatch } from './cloud-watch.ts';
import type { Volumes } from './context.ts';
import { cleanupRoutes } from './routes/cleanup.ts';
import { exportRoutes } from './routes/exports.ts';
import { healthRoutes } from './routes/health.ts';
import { metricRoutes } from './routes/metrics.ts';
import { operationRoutes } from './routes/operations.ts';
import { snapshotRoutes } from './routes/snapshots.ts';
import { volumeRoutes } from './routes/volumes.ts';

export interface VolumeServerParts {
  readonly config: VolumeDaemonConfig;
  readonly db: Knex;
  readonly ledger: Ledger;
  readonly volumes: Volumes;
  readonly openCloud: OpenCloud;
}

/**
 * The HTTP side of the volume daemon. Closing it leaves `db`, `ledger` and `volumes` to the caller.
 * @throws precondition `volume-daemon.no-token`: whoever may call this may overwrite disks, so there is no open mode.
 */
export async function startVolumeServer(parts: VolumeServerParts): Promise<RunningServer> {
  const { config, db, ledger, volumes, openCloud } = parts;
  if (config.token === undefined) {
    throw precondition('volume-daemon.no-token', 'the volume daemon has no shared secret', {
      hint: 'set MIGRATEKIT_VOLUME_DAEMON_TOKEN to the same value here and for the workers',
    });
  }
  const app = newApp();
  const routes = Router();
  routes.use(healthRoutes({ db, volumes, deviceDir: config.deviceDir, cloud: cloudWatch(openCloud) }));
  routes.use(requireSharedSecret(config.token.reveal()));
  routes.use(exportRoutes({ db, exports: volumes.exports }));
  routes.use(volumeRoutes({ db, ledger }));
  routes.use(snapshotRoutes({ db, ledger, openCloud }));
  routes.use(cleanupRoutes({ db, ledger }));
  routes.use(operationRoutes({ db }));
  routes.use(metricRoutes({ db, volumes }));
  app.use('/api/v1', routes);
  endWithProblems(app, volumeLog);
  const server = await listen(app, config);
  volumeLog.info({ url: server.url }, 'volume daemon listens');
  return server;
}
