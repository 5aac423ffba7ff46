// ./migratekit vma: source sessions, beside the source. They stay on disk for the next start.
import { setLogLevel } from '../base/logger.ts';
import { runService } from '../base/service.ts';
import { toConfig } from '../config/config.ts';
import { readEnv } from '../config/env.ts';
import { startVma } from '../vma/start.ts';

await runService('vma', () => {
  const config = toConfig(readEnv());
  setLogLevel(config.logLevel);
  return startVma(config.vma, { spaceLevels: config.snapshots.levels });
});
