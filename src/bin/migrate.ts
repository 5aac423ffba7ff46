// ./migratekit migrate [down|status]: brings the schema of the database to this version. Run once per deploy.
import { join } from 'node:path';
import { describeError } from '../base/errors.ts';
import { toConfig } from '../config/config.ts';
import { readEnv } from '../config/env.ts';
import { migrateDown, migrateLatest, migrationStatus } from '../db/migrate.ts';

const [action = 'up', ...rest] = process.argv.slice(2);

async function run(): Promise<void> {
  const config = toConfig(readEnv());
  const dir = join(config.home, 'migrations');
  if (action === 'status') {
    const { applied, pending } = await migrationStatus(config.database, dir);
    console.log([...applied.map((name) => `applied ${name}`), ...pending.map((name) => `pending ${name}`)].join('\n'));
    return;
  }
  const names = await (action === 'down' ? migrateDown : migrateLatest)(config.database, dir);
  console.log(names.length === 0 ? 'nothing to do' : names.join('\n'));
}

if (!['up', 'down', 'status'].includes(action) || rest.length > 0) {
  console.error('usage: ./migratekit migrate [up|down|status]');
  process.exitCode = 2;
} else {
  run().catch((error: unknown) => {
    console.error(`migrate: ${describeError(error)}`);
    process.exitCode = 1;
  });
}
