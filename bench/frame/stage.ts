import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { GiB } from '../../src/base/units.ts';
import { createToken } from '../../src/api/auth/sessions.ts';
import { toConfig, type Config } from '../../src/config/config.ts';
import { readEnv } from '../../src/config/env.ts';
import { openDatabase, type Knex } from '../../src/db/knex.ts';
import { freePort } from '../../src/lab/embedded/free-port.ts';
import { startMariadb } from '../../src/lab/embedded/mariadb.ts';
import { startRedis } from '../../src/lab/embedded/redis.ts';
import { Parts } from '../../src/lab/parts.ts';
import { cpuMs } from './cpu-time.ts';
import { memoryFolder } from './memory-folder.ts';

/** MariaDB, Redis and the API, each a process of its own on data in memory, so that no shared disk is measured. */
export interface Stage extends AsyncDisposable {
  /** Ends in /api/v1. */
  readonly url: string;
  readonly token: string;
  readonly db: Knex;
  readonly config: Config;
  /** Settings of every process on this stage. */
  readonly env: Readonly<Record<string, string>>;
  /** Processor time that the API has used since its start. */
  apiCpuMs(): number;
}

const ROOM_BYTES = 2 * GiB;

/** `settings` of the API besides those of the stage. */
export async function openStage(settings: Readonly<Record<string, string>> = {}): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const dir = mkdtempSync(join(memoryFolder(ROOM_BYTES), 'mk-bench-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  for (const name of ['state', 'run', 'logs']) mkdirSync(join(dir, name));
  const mariadb = stack.use(
    await startMariadb({ dir: join(dir, 'db'), settings: { 'innodb-buffer-pool-size': '256M' } }),
  );
  await mariadb.createDatabase('bench');
  const redis = stack.use(await startRedis({ dir: join(dir, 'redis') }));
  const port = await freePort();
  const env = {
    MIGRATEKIT_LOG_LEVEL: 'warn',
    MIGRATEKIT_STATE_DIR: join(dir, 'state'),
    MIGRATEKIT_RUN_DIR: join(dir, 'run'),
    MIGRATEKIT_SECRETS_KEY: randomBytes(32).toString('base64'),
    MIGRATEKIT_DB_HOST: mariadb.host,
    MIGRATEKIT_DB_PORT: String(mariadb.port),
    MIGRATEKIT_DB_USER: mariadb.user,
    MIGRATEKIT_DB_PASSWORD: mariadb.password.reveal(),
    MIGRATEKIT_DB_NAME: 'bench',
    MIGRATEKIT_REDIS_URL: redis.url.reveal(),
    MIGRATEKIT_API_PORT: String(port),
    ...settings,
  };
  const profileDir = process.env['BENCH_PROFILE_DIR'];
  const profiling = profileDir === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileDir}` };
  const parts = new Parts({
    home: process.cwd(),
    logDir: join(dir, 'logs'),
    env: { ...env, ...profiling },
    // The load that runs meanwhile fails, and the benchmark with it.
    onRestart: () => undefined,
    onGivenUp: () => undefined,
  });
  stack.defer(() => parts.stopAll());
  await parts.runOnce('migrate');
  await parts.serve('api', { url: `http://127.0.0.1:${port}/health/ready` });
  const config = toConfig(readEnv(env));
  const db = openDatabase(config.database);
  stack.defer(() => db.destroy());
  const { token } = await createToken(config, { user: 'bench', hours: 4 });
  const owned = stack.move();
  return {
    url: `http://127.0.0.1:${port}/api/v1`,
    token,
    db,
    config,
    env,
    apiCpuMs: () => cpuMs(parts.ids.find(({ name }) => name === 'api')?.pid ?? 0),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
