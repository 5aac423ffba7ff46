// The API: accepts work, tells how it is going, and does none of it.
import packageJson from '../../package.json' with { type: 'json' };
import { openContext } from '../api/open-context.ts';
import { startApi } from '../api/server.ts';
import { describeError } from '../base/errors.ts';
import { apiLog, setLogLevel } from '../base/logger.ts';
import { toConfig } from '../config/config.ts';
import { readEnv } from '../config/env.ts';

try {
  const config = toConfig(readEnv());
  setLogLevel(config.logLevel);
  const context = await openContext(config, packageJson.version);
  const server = await startApi(context).catch(async (error: unknown) => {
    await context.close();
    throw error;
  });
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    apiLog.info({ signal }, 'api stops');
    await server.close();
    await context.close();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, (name) => void stop(name));
} catch (error) {
  console.error(`migratekit api: ${describeError(error)}`);
  process.exitCode = 1;
}
