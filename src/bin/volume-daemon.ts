// ./migratekit volume-daemon: volumes, devices and exports of this host, and the worker of queue attach-volume.
import { describeError } from '../base/errors.ts';
import { toConfig } from '../config/config.ts';
import { readEnv } from '../config/env.ts';
import { SecretBox } from '../db/secret-box.ts';
import { attachVolumeProcessor } from '../processors/attach-volume/index.ts';
import { openCloudFrom } from '../processors/attach-volume/cloud.ts';
import { catalogue } from '../queues/catalogue.ts';
import { startVolumeDaemon } from '../volumes/daemon.ts';

async function run(): Promise<void> {
  const config = toConfig(readEnv());
  const box = new SecretBox(config.secretsKey);
  const daemon = await startVolumeDaemon({
    config,
    catalogue,
    processor: ({ db, volumes }) => attachVolumeProcessor({ volumes, openCloud: openCloudFrom(db, box) }),
  });
  console.log(JSON.stringify({ url: daemon.url, pid: process.pid }));
  const stop = (): void => void daemon.close();
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

run().catch((error: unknown) => {
  console.error(`volume-daemon: ${describeError(error)}`);
  process.exitCode = 1;
});
