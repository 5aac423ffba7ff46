import { describeError } from '../base/errors.ts';
import { setLogLevel, vmaLog } from '../base/logger.ts';
import { toConfig } from '../config/config.ts';
import { readEnv } from '../config/env.ts';
import { startVma } from '../vma/start.ts';

// usage: migratekit vma
// Runs until SIGTERM or SIGINT; source sessions stay for the next start.
try {
  const config = toConfig(readEnv());
  setLogLevel(config.logLevel);
  const vma = await startVma(config.vma);
  const stop = (): void => {
    vma.close().catch((thrown: unknown) => {
      vmaLog.error({ err: thrown }, 'vma did not close in order');
      process.exitCode = 1;
    });
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
} catch (thrown) {
  console.error(`vma: ${describeError(thrown)}`);
  process.exitCode = 1;
}
