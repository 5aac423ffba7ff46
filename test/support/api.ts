import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openContext, type OpenedContext } from '../../src/api/open-context.ts';
import type { Route } from '../../src/api/route.ts';
import { routeTable } from '../../src/api/route-table.ts';
import { API_PREFIX, startApi } from '../../src/api/server.ts';
import { setLogLevel } from '../../src/base/logger.ts';
import { toConfig, type Config } from '../../src/config/config.ts';
import { readEnv } from '../../src/config/env.ts';
import { Secret } from '../../src/config/secrets.ts';
import type { Knex } from '../../src/db/knex.ts';
import { OsseaConfig } from '../../src/db/models/ossea-configs.ts';
import { createTestDatabase } from './database.ts';
import { holdAgainstPromise } from './promise.ts';
import { testRedis } from './redis.ts';

setLogLevel('silent');

/** An API on a database and queues of its own, and a client that holds every answer against what the route promises. */

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** Empty also when there was none. */
  readonly body: Record<string, unknown>;
}

export interface RequestOptions {
  readonly body?: unknown;
  /** Instead of the client's own; '' sends none. */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TestApi extends AsyncDisposable {
  readonly url: string;
  readonly context: OpenedContext;
  readonly config: Config;
  readonly db: Knex;
  readonly routes: readonly Route[];
  call(method: string, path: string, options?: RequestOptions): Promise<Reply>;
}

/** `change` alters the settings before the start, and may open what they point to. */
export async function startTestApi(
  change: (config: Config) => Config | Promise<Config> = (config) => config,
): Promise<TestApi> {
  const stack = new AsyncDisposableStack();
  try {
    const database = stack.use(await createTestDatabase());
    const stateDir = await mkdtemp(join(tmpdir(), 'mk-api-'));
    stack.defer(() => rm(stateDir, { recursive: true, force: true }));
    const base = toConfig(
      readEnv({
        MIGRATEKIT_STATE_DIR: stateDir,
        MIGRATEKIT_API_PORT: '0',
        MIGRATEKIT_VMA_URL: NOWHERE,
        MIGRATEKIT_VOLUME_DAEMON_URL: NOWHERE,
      }),
    );
    const secretsKey = new Secret(Buffer.alloc(32, 7));
    const config = await change({ ...base, secretsKey, database: database.config, redis: testRedis() });
    const context = await openContext(config, '1.2.3-test');
    stack.defer(() => context.close());
    const server = await startApi(context);
    stack.defer(() => server.close(0));
    const { token } = await context.sessions.issue('tester', 1);
    const routes = routeTable(context);
    const owned = stack.move();
    return {
      url: server.url,
      context,
      config,
      db: database.knex,
      routes,
      call: (method, path, options = {}) => call({ url: server.url, token, routes }, { method, path, ...options }),
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Port 9 is discard: nothing listens there. */
const NOWHERE = 'http://127.0.0.1:9';

interface Target {
  readonly url: string;
  readonly token: string;
  readonly routes: readonly Route[];
}

async function call(target: Target, request: RequestOptions & { method: string; path: string }): Promise<Reply> {
  const token = request.token ?? target.token;
  const response = await fetch(`${target.url}${API_PREFIX}${request.path}`, {
    method: request.method,
    redirect: 'manual',
    headers: {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    },
    ...(request.body === undefined
      ? {}
      : { body: typeof request.body === 'string' ? request.body : JSON.stringify(request.body) }),
  });
  const text = await response.text();
  const body = text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>);
  const answered = { status: response.status, headers: response.headers };
  holdAgainstPromise(target.routes, request, { ...answered, body });
  return { ...answered, body: body ?? {} };
}

/** An active target cloud with everything that replication needs. */
export async function addTarget(db: Knex, values: Partial<OsseaConfig> = {}): Promise<number> {
  const { id } = await OsseaConfig.query(db).insert({
    name: 'cloud',
    apiUrl: 'http://127.0.0.1:9/client/api',
    apiKey: 'sealed',
    secretKey: 'sealed',
    zone: 'zone-1',
    diskOfferingId: 'offering-1',
    omaVmId: 'oma-1',
    isActive: true,
    ...values,
  });
  return id;
}

/** An account of a vCenter, as a client would send it. */
export function credentialBody(name: string, change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    credential_name: name,
    vcenter_host: 'vc1.example.com',
    username: 'migratekit@vsphere.local',
    password: 'correct horse battery staple',
    datacenter: 'DC1',
    ...change,
  };
}

/** A VM with two disks, as a client would send it. */
export function sourceVm(name: string, change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: `uuid-${name}`,
    name,
    path: `/DC/vm/${name}`,
    datacenter: 'DC',
    cpus: 2,
    memory_mb: 8192,
    os_type: 'Microsoft Windows Server 2019 (64-bit)',
    power_state: 'poweredOn',
    disks: [
      { id: 'disk-2000', vmdk_path: `[ds] ${name}/${name}.vmdk`, capacity_bytes: 109_521_666_048, unit_number: 0 },
      { id: 'disk-2001', path: `[ds] ${name}/${name}_1.vmdk`, size_gb: 1, unit_number: 1 },
    ],
    networks: [{ name: 'Network adapter 1', network_name: 'VM Network', mac_address: '00:50:56:00:00:01' }],
    ...change,
  };
}
