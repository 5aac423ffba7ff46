import { join } from 'node:path';
import { labLog } from '../base/logger.ts';
import { SECOND } from '../base/units.ts';
import { runToEnd, startServer, type ServerCommand, type ServerProcess } from './embedded/server-process.ts';
import { processId, type ProcessId } from './process-id.ts';

/** The processes of our own program in a lab, each started as an operator would start it. */

/** As in the launcher: stripping types is most of what a start costs. */
const COMPILE_CACHE = 'node_modules/.cache/migratekit-compile';
const START_WITHIN_MS = 60 * SECOND;
const STOP_WITHIN_MS = 12 * SECOND;

export interface PartsOptions {
  readonly home: string;
  readonly logDir: string;
  readonly env: Readonly<Record<string, string>>;
}

export class Parts {
  readonly #options: PartsOptions;
  readonly #running: { id: ProcessId; server: ServerProcess }[] = [];

  constructor(options: PartsOptions) {
    this.#options = options;
  }

  get ids(): ProcessId[] {
    return this.#running.map(({ id }) => id);
  }

  /** Runs one command to its end, e.g. `migrate`. @throws upstream `embedded.not-started` with the end of its log */
  async runOnce(command: string): Promise<void> {
    await runToEnd(this.#command(command, command, []), START_WITHIN_MS);
  }

  /** Starts a server and waits until `url` answers. */
  async serve(command: string, at: { readonly url: string; readonly args?: readonly string[] }): Promise<void> {
    const isReady = async (): Promise<boolean> =>
      fetch(at.url, { signal: AbortSignal.timeout(2 * SECOND) }).then(
        (response) => response.status < 500,
        () => false,
      );
    const server = await startServer(this.#command(command, command, at.args ?? []), {
      isReady,
      withinMs: START_WITHIN_MS,
    });
    this.#keep(command, server);
  }

  /** Starts a worker; it listens on nothing, so it is ready when it runs. @returns its pid, that of the Node process */
  async work(name: string): Promise<number> {
    const server = await startServer(this.#command(name, 'worker', []), {
      isReady: () => Promise.resolve(true),
      withinMs: START_WITHIN_MS,
    });
    this.#keep(name, server);
    return server.pid;
  }

  /** Newest first: workers let go of their jobs while API, daemons and services still answer. */
  async stopAll(): Promise<void> {
    const workers = this.#running.filter(({ id }) => id.name.startsWith('worker'));
    await Promise.all(workers.map(({ server }) => server.stop(STOP_WITHIN_MS)));
    for (const { server } of this.#running.reverse()) await server.stop(STOP_WITHIN_MS);
  }

  #keep(name: string, server: ServerProcess): void {
    this.#running.push({ id: processId(name, server.pid), server });
    labLog.info({ part: name, pid: server.pid }, 'part of the lab started');
  }

  #command(name: string, command: string, args: readonly string[]): ServerCommand {
    return {
      name,
      program: process.execPath,
      args: [join(this.#options.home, 'src/bin', `${command}.ts`), ...args],
      logFile: join(this.#options.logDir, `${name}.log`),
      env: { ...this.#options.env, NODE_COMPILE_CACHE: join(this.#options.home, COMPILE_CACHE) },
    };
  }
}
