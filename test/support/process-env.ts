import type { TestDatabase } from './database.ts';
import { testRedis } from './redis.ts';

/** Settings with which a process of ours works on the database and the Redis of a test, and listens on a free port. */
export function processEnv({ config }: TestDatabase, stateDir: string): Record<string, string> {
  const { host, port, user, password, name } = config;
  const redis = testRedis();
  return {
    MIGRATEKIT_STATE_DIR: stateDir,
    MIGRATEKIT_API_PORT: '0',
    MIGRATEKIT_DB_HOST: host,
    MIGRATEKIT_DB_PORT: String(port),
    MIGRATEKIT_DB_USER: user,
    MIGRATEKIT_DB_PASSWORD: password.reveal(),
    MIGRATEKIT_DB_NAME: name,
    MIGRATEKIT_REDIS_URL: redis.url.reveal(),
    MIGRATEKIT_QUEUE_PREFIX: redis.prefix,
  };
}
