import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createToken } from '../../src/api/auth/sessions.ts';
import { toConfig, type Config } from '../../src/config/config.ts';
import { readEnv } from '../../src/config/env.ts';
import type { Knex } from '../../src/db/knex.ts';
import { createTestDatabase } from './database.ts';
import { processEnv } from './process-env.ts';
import { until } from './until.ts';

/** Processes of the API on one database and one Redis, as a load balancer would have behind it. */
export interface ApiProcesses extends AsyncDisposable {
  readonly db: Knex;
  readonly config: Config;
  readonly apis: readonly ApiProcess[];
}

export interface ApiProcess {
  /** @throws NoAnswer when the process is gone */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Posted>;
  kill9(): Promise<void>;
}

/** The request was sent or not, and done or not. */
export class NoAnswer extends Error {}

export interface Posted {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export async function startApiProcesses(count: number): Promise<ApiProcesses> {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase());
  const stateDir = await mkdtemp(join(tmpdir(), 'mk-apis-'));
  stack.defer(() => rm(stateDir, { recursive: true, force: true }));
  const env = {
    ...processEnv(database, stateDir),
    MIGRATEKIT_LOG_LEVEL: 'info',
    MIGRATEKIT_SECRETS_KEY: randomBytes(32).toString('base64'),
  };
  const config = toConfig(readEnv(env));
  const { token } = await createToken(config, { user: 'tester', hours: 1 });
  const apis = await Promise.all(Array.from({ length: count }, () => startProcess(stack, env, token)));
  const owned = stack.move();
  return { db: database.knex, config, apis, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function startProcess(
  stack: AsyncDisposableStack,
  env: Readonly<Record<string, string>>,
  token: string,
): Promise<ApiProcess> {
  const main = join(process.cwd(), 'src/bin/api.ts');
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, main], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  const kill9 = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  stack.defer(kill9);
  let log = '';
  child.stderr.on('data', (data: Buffer) => (log = (log + data.toString()).slice(0, 10_000)));
  const url = await until(() => /"url":"([^"]+)"/.exec(log)?.[1], {
    withinMs: 60_000,
    what: 'an api process to listen',
  });
  return {
    kill9,
    async post(path, body, headers = {}) {
      try {
        const response = await fetch(`${url}/api/v1${path}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
          body: JSON.stringify(body),
        });
        return { status: response.status, body: (await response.json()) as Posted['body'] };
      } catch (cause) {
        throw new NoAnswer('the api does not answer', { cause });
      }
    },
  };
}
