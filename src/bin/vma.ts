// ./migratekit vma: source sessions, beside the source. They stay on disk for the next start.
import packageJson from '../../package.json' with { type: 'json' };
import { setLogLevel } from '../base/logger.ts';
import { runService } from '../base/service.ts';
import { toConfig } from '../config/config.ts';
import { readEnv } from '../config/env.ts';
import { startVma } from '../vma/start.ts';

await runService('vma', () => {
  const config = toConfig(readEnv());
  setLogLevel(config.logLevel);
  const { vma, logLevel, snapshots } = config;
  return startVma(vma, { version: packageJson.version, logLevel, spaceLevels: snapshots.levels });
});
