import { createServer } from 'node:net';
import { AppError, upstream } from '../../base/errors.ts';

const ATTEMPTS_MAX = 5;
/**
 * Below the ports that the kernel gives to outgoing connections and to whoever does not care (from 32768 on Linux, from
 * 49152 on macOS): a port that is free here stays free until it is bound, and again while its server restarts.
 */
const FIRST_PORT = 12_000;
const PORTS = 20_000;
/** Processes that start at about the same time have pids close together: each begins with ports of its own. */
const PORTS_PER_PROCESS = 32;

let asked = process.pid * PORTS_PER_PROCESS;

/**
 * A TCP port of 127.0.0.1 that was free a moment ago, never the same twice in a row. Another process may take it before
 * the caller does: whoever binds it must be ready to ask again.
 * @throws upstream `embedded.no-port`
 */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < PORTS; tried += 1) {
    const port = FIRST_PORT + (asked % PORTS);
    asked += 1;
    if (await isFree(port)) return port;
  }
  throw upstream('embedded.no-port', `no port of 127.0.0.1 from ${FIRST_PORT} is free`, {
    hint: 'see with ss -ltn what listens there',
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Starts a server on a free port; when another process took that port first, the server exits and we choose again. */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<{ port: number; started: T }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      return { port, started: await start(port) };
    } catch (error) {
      if (attempt === ATTEMPTS_MAX || !isPortTaken(error)) throw error;
    }
  }
}

function isPortTaken(error: unknown): boolean {
  const log = error instanceof AppError ? error.details['logTail'] : undefined;
  return typeof log === 'string' && /address already in use/i.test(log);
}
