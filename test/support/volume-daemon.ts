import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RedisConfig } from '../../src/config/config.ts';
import { Secret } from '../../src/config/secrets.ts';
import { SecretBox } from '../../src/db/secret-box.ts';
import type { TestCloud } from './cloudstack.ts';
import type { TestDatabase } from './database.ts';
import { makeOsseaConfig } from './factories.ts';
import { testRedis } from './redis.ts';
import { until } from './until.ts';

const TOKEN = 'token-of-the-volume-daemon';

export interface Operation {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly volume_id: string | null;
  readonly request: Record<string, unknown>;
  readonly response: Record<string, unknown> | null;
  readonly error: string | null;
}

/** `./migratekit volume-daemon` as a process of its own, beside a simulated CloudStack. */
export interface TestDaemon extends AsyncDisposable {
  readonly token: string;
  /** Opens the secrets of the database. */
  readonly key: Buffer;
  readonly redis: RedisConfig;
  /** Of this daemon's sockets. */
  readonly dir: string;
  url(): string;
  start(): Promise<void>;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** SIGKILL, now. */
  strike(): void;
  call(method: string, path: string, body?: object): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Accepted, and worked off. */
  operation(method: string, path: string, body?: object): Promise<Operation>;
  ended(id: string): Promise<Operation>;
}

/** Other addresses than those of the servers themselves: of wires to them. */
export interface Wires {
  readonly cloudPort?: number;
  readonly databasePort?: number;
}

export async function makeDaemon(cloud: TestCloud, database: TestDatabase, wires: Wires = {}): Promise<TestDaemon> {
  const dir = mkdtempSync(join(tmpdir(), 'mkd-'));
  const key = randomBytes(32);
  const redis = testRedis();
  const { simulator } = cloud;
  const { endpoint, apiKey, secretKey, ids } = simulator;
  await makeOsseaConfig(database.knex, new SecretBox(new Secret(key)), {
    apiUrl: wires.cloudPort === undefined ? endpoint : endpoint.replace(/:\d+/, `:${wires.cloudPort}`),
    apiKey,
    secretKey,
    zone: ids.zone,
    diskOfferingId: ids.diskOffering,
    omaVmId: ids.omaVm,
  });
  const environment = {
    ...settings({ dir, key, redis, cloud, database }),
    ...(wires.databasePort === undefined ? {} : { MIGRATEKIT_DB_PORT: String(wires.databasePort) }),
  };
  const running: { child?: ChildProcess; url?: string } = {};
  const daemon: TestDaemon = {
    token: TOKEN,
    key,
    redis,
    dir,
    url: () => running.url ?? '',
    async start() {
      const child = spawn(process.execPath, ['src/bin/volume-daemon.ts'], {
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      running.child = child;
      const line: unknown = await Promise.race([
        once(createInterface({ input: child.stdout }), 'line').then(([first]) => first as unknown),
        once(child, 'exit').then(() => '{}'),
      ]);
      const { url } = JSON.parse(String(line)) as { url?: string };
      if (url === undefined) throw new Error('the volume daemon did not start');
      running.url = url;
    },
    async kill(signal) {
      const { child } = running;
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    },
    strike: () => void running.child?.kill('SIGKILL'),
    async call(method, path, body) {
      const response = await fetch(`${daemon.url()}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
    async operation(method, path, body) {
      const accepted = await daemon.call(method, path, body);
      if (accepted.status !== 202) throw new Error(`not accepted: ${JSON.stringify(accepted)}`);
      return daemon.ended(String(accepted.body['id']));
    },
    ended: (id) =>
      until(
        async () => {
          const { body } = await daemon.call('GET', `/operations/${id}`);
          return ['pending', 'executing'].includes(String(body['status'])) ? undefined : (body as unknown as Operation);
        },
        { withinMs: 60_000, what: `the end of operation ${id}` },
      ),
    async [Symbol.asyncDispose]() {
      await daemon.kill('SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return daemon;
}

function settings(of: {
  dir: string;
  key: Buffer;
  redis: RedisConfig;
  cloud: TestCloud;
  database: TestDatabase;
}): Record<string, string> {
  const { config } = of.database;
  const { redis } = of;
  return {
    MIGRATEKIT_LOG_LEVEL: 'fatal',
    MIGRATEKIT_DB_HOST: config.host,
    MIGRATEKIT_DB_PORT: String(config.port),
    MIGRATEKIT_DB_USER: config.user,
    MIGRATEKIT_DB_PASSWORD: config.password.reveal(),
    MIGRATEKIT_DB_NAME: config.name,
    MIGRATEKIT_REDIS_URL: redis.url.reveal(),
    MIGRATEKIT_QUEUE_PREFIX: redis.prefix,
    MIGRATEKIT_SECRETS_KEY: of.key.toString('base64'),
    MIGRATEKIT_RUN_DIR: of.dir,
    MIGRATEKIT_STATE_DIR: join(of.dir, 'state'),
    MIGRATEKIT_DEVICE_DIR: of.cloud.simulator.deviceDir,
    MIGRATEKIT_DEVICE_FILES: 'true',
    MIGRATEKIT_DEVICE_TIMEOUT_S: '5',
    MIGRATEKIT_CLOUD_POLL_MS: '20',
    MIGRATEKIT_VOLUME_DAEMON_PORT: '0',
    MIGRATEKIT_VOLUME_DAEMON_TOKEN: TOKEN,
    MIGRATEKIT_LEASE_MS: '4000',
    MIGRATEKIT_TRUST_MS: '3000',
    MIGRATEKIT_HEARTBEAT_MS: '500',
    MIGRATEKIT_RECONCILE_MS: '300',
    MIGRATEKIT_RELAY_MS: '200',
    MIGRATEKIT_DISPATCH_TIMEOUT_MS: '1000',
    MIGRATEKIT_RETRY_FIRST_MS: '100',
  };
}
