import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '../../src/config/secrets.ts';
import type { DatabaseConfig } from '../../src/config/config.ts';
import { createDatabase, dropDatabase, type DatabaseServer } from '../../src/db/admin.ts';
import { migrateLatest } from '../../src/db/migrate.ts';
import { startMariadb } from '../../src/lab/embedded/mariadb.ts';
import { startRedis } from '../../src/lab/embedded/redis.ts';
import { makeServerFolder } from './server-folder.ts';

/**
 * The servers of one test run, and where the test files find them: in the environment, because each file runs in a
 * process of its own.
 */

export interface TestRun {
  /** In the environment of every process that a test starts, so that none can hide. */
  readonly marker: string;
  close(): Promise<void>;
}

/** What servers may leave undone in tests: a crash of the machine loses the run anyway; kill -9 of a server does not. */
const TEST_SETTINGS = { 'debug-no-sync': 1 };

export async function startTestRun(): Promise<TestRun> {
  const marker = randomBytes(8).toString('hex');
  process.env['MIGRATEKIT_TEST_RUN'] = marker;
  if (process.env['MIGRATEKIT_TEST_SERVICES'] === 'none') return { marker, close: () => Promise.resolve() };

  const dir = makeServerFolder('mk-test-');
  const stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  try {
    const [server] = await Promise.all([databaseServer(stack, dir), redisServer(stack, dir)]);
    await makeTemplate(stack, server);
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
  return { marker, close: () => stack.disposeAsync() };
}

async function databaseServer(stack: AsyncDisposableStack, dir: string): Promise<DatabaseServer> {
  const existing = process.env['TEST_DB_URL'];
  if (existing !== undefined && existing !== '') return serverOf(new URL(existing));
  const mariadb = await startMariadb({ dir: join(dir, 'mariadb'), settings: TEST_SETTINGS });
  stack.defer(async () => {
    await mariadb.kill9();
    await mariadb.stop();
  });
  const { host, port, user, password } = mariadb.root;
  process.env['TEST_DB_URL'] = `mysql://${user}:${password.reveal()}@${host}:${port}`;
  return mariadb.root;
}

async function redisServer(stack: AsyncDisposableStack, dir: string): Promise<void> {
  const existing = process.env['TEST_REDIS_URL'];
  if (existing !== undefined && existing !== '') return;
  const redis = await startRedis({ dir: join(dir, 'redis') });
  stack.defer(() => redis.kill9());
  process.env['TEST_REDIS_URL'] = redis.url.reveal();
}

/** The schema is migrated once; every test file copies it. */
async function makeTemplate(stack: AsyncDisposableStack, server: DatabaseServer): Promise<void> {
  const name = `t_template_${randomBytes(4).toString('hex')}`;
  await createDatabase(server, name);
  stack.defer(() => dropDatabase(server, name));
  await migrateLatest({ ...server, name, poolMax: 2 }, join(process.cwd(), 'migrations'));
  process.env['TEST_DB_TEMPLATE'] = name;
}

/** Where the server of this run is; with a user who may create databases. */
export function testDatabaseServer(): DatabaseServer {
  return serverOf(new URL(required('TEST_DB_URL')));
}

export function templateConfig(): DatabaseConfig {
  return { ...testDatabaseServer(), name: required('TEST_DB_TEMPLATE'), poolMax: 2 };
}

export function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`this test needs ${name}: run it through npm test, without MIGRATEKIT_TEST_SERVICES=none`);
  }
  return value;
}

function serverOf(url: URL): DatabaseServer {
  return {
    host: url.hostname,
    port: Number(url.port === '' ? 3306 : url.port),
    user: decodeURIComponent(url.username),
    password: new Secret(decodeURIComponent(url.password)),
  };
}
