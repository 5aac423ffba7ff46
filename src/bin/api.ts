// ./migratekit api: accepts work, tells how it is going, and does none of it.
import packageJson from '../../package.json' with { type: 'json' };
import { openContext } from '../api/open-context.ts';
import { startApi } from '../api/server.ts';
import { setLogLevel } from '../base/logger.ts';
import { runService } from '../base/service.ts';
import { toConfig } from '../config/config.ts';
import { readEnv } from '../config/env.ts';

await runService('api', async () => {
  const config = toConfig(readEnv());
  setLogLevel(config.logLevel);
  const context = await openContext(config, packageJson.version);
  const server = await startApi(context).catch(async (error: unknown) => {
    await context.close();
    throw error;
  });
  const close = async (): Promise<void> => {
    await server.close();
    await context.close();
  };
  return { close };
});
