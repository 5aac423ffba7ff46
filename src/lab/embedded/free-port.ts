import { createServer } from 'node:net';
import { AppError } from '../../base/errors.ts';

const ATTEMPTS_MAX = 5;

/**
 * A TCP port of 127.0.0.1 that was free a moment ago. Another process may take it before the caller does: whoever
 * binds it must be ready to ask again.
 */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
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
