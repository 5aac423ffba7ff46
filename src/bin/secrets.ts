// ./migratekit secrets rewrap|status: brings everything that is sealed in the database under MIGRATEKIT_SECRETS_KEY.
import { describeError } from '../base/errors.ts';
import { toConfig } from '../config/config.ts';
import { readEnv } from '../config/env.ts';
import { openDatabase } from '../db/knex.ts';
import { openSecretBox } from '../db/secret-box.ts';
import { rewrapSecrets } from '../db/stores/secret-rewrap.ts';

const USAGE = `usage: migratekit secrets rewrap   seals every secret anew under MIGRATEKIT_SECRETS_KEY; again after a crash
       migratekit secrets status   says how many are not yet under it; changes nothing`;

const [action = '', ...rest] = process.argv.slice(2);

async function run(): Promise<void> {
  const config = toConfig(readEnv());
  const box = openSecretBox(config);
  const db = openDatabase(config.database);
  try {
    const dryRun = action === 'status';
    const { keyId, rewrapped, alreadyCurrent, unreadable } = await rewrapSecrets(db, box, { dryRun });
    const done = dryRun ? 'to be re-wrapped' : 're-wrapped';
    console.log(
      `key ${keyId}: ${rewrapped} ${done}, ${alreadyCurrent} already under it, ${unreadable.length} unreadable`,
    );
    for (const error of unreadable) {
      console.error(`${describeError(error)}: ${JSON.stringify(error.details)}`);
      process.exitCode = 1;
    }
  } finally {
    await db.destroy();
  }
}

if (!['rewrap', 'status'].includes(action) || rest.length > 0) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  run().catch((error: unknown) => {
    console.error(`migratekit secrets: ${describeError(error)}`);
    process.exitCode = 1;
  });
}
