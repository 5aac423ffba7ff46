// ./migratekit worker [--queues a,b]: works jobs off, wherever source and target can be reached.
import { setLogLevel } from '../base/logger.ts';
import { runService } from '../base/service.ts';
import { toConfig } from '../config/config.ts';
import { readEnv } from '../config/env.ts';
import { queuesOption, startWorkerProcess } from '../processors/worker.ts';

await runService('worker', async () => {
  const queues = queuesOption(process.argv.slice(2));
  const config = toConfig(readEnv());
  setLogLevel(config.logLevel);
  return Promise.resolve(startWorkerProcess(config, queues));
});
