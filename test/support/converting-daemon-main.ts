// A volume daemon whose conversions write something onto each disk and then take for ever, for tests that kill it there:
// what virt-v2v leaves when it is killed. TEST_CONVERTING names a file that is there from then on.
import { open, writeFile } from 'node:fs/promises';
import { setLogLevel } from '../../src/base/logger.ts';
import { toConfig } from '../../src/config/config.ts';
import { readEnv } from '../../src/config/env.ts';
import type { Knex } from '../../src/db/knex.ts';
import { openSecretBox } from '../../src/db/secret-box.ts';
import { attachVolumeProcessor, type AttachVolumeDeps } from '../../src/processors/attach-volume/index.ts';
import { catalogue } from '../../src/queues/catalogue.ts';
import { openCloudFrom, type OpenCloud } from '../../src/volumes/cloud.ts';
import { startVolumeDaemon } from '../../src/volumes/daemon.ts';

const { TEST_CONVERTING: marker = '' } = process.env;
const config = toConfig(readEnv());
setLogLevel(config.logLevel);
const box = openSecretBox(config);
const openCloud = (db: Knex): OpenCloud => openCloudFrom(db, box, { pollMs: config.volumeDaemon.cloudPollMs });

const convert: AttachVolumeDeps['volumes']['convert'] = async ({ disks, beforeWrite }) => {
  await beforeWrite();
  for (const { path } of disks) {
    const file = await open(path, 'r+');
    await file.write(Buffer.alloc(70_000, 0xab), 0, 70_000, 300_000);
    await file.close();
  }
  await writeFile(marker, '');
  return new Promise(() => undefined);
};

const { url } = await startVolumeDaemon({
  config,
  catalogue,
  openCloud,
  processor: ({ db, volumes }) => {
    const parts: AttachVolumeDeps['volumes'] = {
      exports: volumes.exports,
      device: (...of) => volumes.device(...of),
      elsewhere: (action) => volumes.elsewhere(action),
      convert,
    };
    return attachVolumeProcessor({ volumes: parts, openCloud: openCloud(db) });
  },
});
process.stdout.write(`${JSON.stringify({ url })}\n`);
