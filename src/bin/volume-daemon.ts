// ./migratekit volume-daemon: volumes, devices and exports of this host, and the worker of queue attach-volume.
import { setLogLevel } from '../base/logger.ts';
import { runService } from '../base/service.ts';
import { toConfig } from '../config/config.ts';
import { readEnv } from '../config/env.ts';
import type { Knex } from '../db/knex.ts';
import { openSecretBox } from '../db/secret-box.ts';
import { attachVolumeProcessor } from '../processors/attach-volume/index.ts';
import { openCloudFrom, type OpenCloud } from '../volumes/cloud.ts';
import { catalogue } from '../queues/catalogue.ts';
import { startVolumeDaemon } from '../volumes/daemon.ts';

await runService('volume-daemon', async () => {
  const config = toConfig(readEnv());
  setLogLevel(config.logLevel);
  const box = openSecretBox(config);
  const openCloud = (db: Knex): OpenCloud => openCloudFrom(db, box, { pollMs: config.volumeDaemon.cloudPollMs });
  const daemon = await startVolumeDaemon({
    config,
    catalogue,
    openCloud,
    processor: ({ db, volumes }) => attachVolumeProcessor({ volumes, openCloud: openCloud(db) }),
  });
  process.stdout.write(`${JSON.stringify({ url: daemon.url, pid: process.pid })}\n`);
  return daemon;
});
