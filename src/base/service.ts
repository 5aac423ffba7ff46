import { describeError, toAppError } from './errors.ts';

/** A server or worker of this program that runs until it is told to stop. */
export interface Service {
  /** Stops in good order; resolves when everything that it holds is given back. */
  close(): Promise<unknown>;
}

/**
 * The life of one process: starts the service, waits for SIGTERM, SIGINT or SIGHUP, closes it. A second signal of the
 * same kind ends the process at once, because nobody listens for it any more: what a job had not flushed is then done
 * again. What goes wrong is one line on stderr and exit status 1, or 2 for wrong arguments (code `cli.usage`).
 */
export async function runService(name: string, start: () => Promise<Service>): Promise<void> {
  // From the first moment: a signal that arrives while it starts must not leave half a service behind.
  const stop = stopRequested();
  try {
    const service = await start();
    await stop;
    await service.close();
  } catch (error) {
    process.stderr.write(`migratekit ${name}: ${describeError(error)}\n`);
    process.exitCode = toAppError(error).code === 'cli.usage' ? 2 : 1;
  }
}

/** Resolves at the first signal that asks this process to stop. */
export function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}
