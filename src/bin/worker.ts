import { describeError, toAppError } from '../base/errors.ts';
import { setLogLevel } from '../base/logger.ts';
import { stopRequested } from '../base/stop-signal.ts';
import { toConfig } from '../config/config.ts';
import { readEnv } from '../config/env.ts';
import { queuesOption, startWorkerProcess } from '../processors/worker.ts';

try {
  const config = toConfig(readEnv());
  setLogLevel(config.logLevel);
  const stop = stopRequested();
  await using _worker = startWorkerProcess(config, queuesOption(process.argv.slice(2)));
  await stop;
} catch (error) {
  process.stderr.write(`migratekit worker: ${describeError(error)}\n`);
  process.exitCode = toAppError(error).code === 'cli.usage' ? 2 : 1;
}
