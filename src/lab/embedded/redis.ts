import { randomBytes } from 'node:crypto';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { SECOND } from '../../base/units.ts';
import { Secret } from '../../config/secrets.ts';
import { onFreePort } from './free-port.ts';
import { startServer, type ServerProcess } from './server-process.ts';

/** A private Redis on a free port of 127.0.0.1, with a random password that lives in a file of mode 0600. */
export interface EmbeddedRedis extends AsyncDisposable {
  /** Holds the password. */
  readonly url: Secret;
  readonly port: number;
  /** Changes with restart(). */
  readonly pid: number;
  /** Stops when running, and starts again on the same port with the same password. */
  restart(): Promise<void>;
  /** The power cord; restart() brings it back, with its data when `appendOnly`. */
  kill9(): Promise<void>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface RedisOptions {
  readonly dir: string;
  /** Keep the data over a restart. Off: Redis is only the doorbell, the truth is in the database. */
  readonly appendOnly?: boolean;
}

const READY_WITHIN_MS = 60 * SECOND;
const STOP_WITHIN_MS = 10 * SECOND;
const ANSWER_WITHIN_MS = 2 * SECOND;

/** @throws upstream `embedded.not-started`. */
export async function startRedis({ dir, appendOnly = false }: RedisOptions): Promise<EmbeddedRedis> {
  await mkdir(dir, { recursive: true });
  await chmod(dir, 0o700);
  const password = new Secret(randomBytes(24).toString('hex'));
  const start = (port: number): Promise<ServerProcess> => startOn(port, { dir, appendOnly, password });
  const { port, started } = await onFreePort(start);
  let server = started;
  const stop = (): Promise<void> => server.stop(STOP_WITHIN_MS);
  return {
    // With the user's name: redis-cli of Debian 12 takes an empty one for a user that does not exist.
    url: new Secret(`redis://default:${password.reveal()}@127.0.0.1:${port}`),
    port,
    get pid() {
      return server.pid;
    },
    async restart() {
      await stop();
      server = await start(port);
    },
    kill9: () => server.kill9(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

interface Settings {
  readonly dir: string;
  readonly appendOnly: boolean;
  readonly password: Secret;
}

async function startOn(port: number, { dir, appendOnly, password }: Settings): Promise<ServerProcess> {
  const configFile = join(dir, 'redis.conf');
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password.reveal()}`,
    `dir ${JSON.stringify(dir)}`,
    'save ""',
    `appendonly ${appendOnly ? 'yes' : 'no'}`,
    'maxmemory-policy noeviction',
    'daemonize no',
  ];
  // Removed first, because an existing file would keep its mode.
  await rm(configFile, { force: true });
  await writeFile(configFile, `${lines.join('\n')}\n`, { mode: 0o600 });
  return startServer(
    { program: 'redis-server', args: [configFile], logFile: join(dir, 'redis.log') },
    { isReady: () => answersPing(port, password), withinMs: READY_WITHIN_MS },
  );
}

/** Speaks the inline form of the protocol. While Redis loads its data it answers -LOADING, which is not yet ready. */
function answersPing(port: number, password: Secret): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    let answer = '';
    const finish = (ready: boolean): void => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(ANSWER_WITHIN_MS, () => finish(false));
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
    socket.on('connect', () => socket.write(`AUTH ${password.reveal()}\r\nPING\r\n`));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (answer.startsWith('+OK\r\n+PONG\r\n')) finish(true);
      else if (answer.includes('-')) finish(false);
    });
  });
}
