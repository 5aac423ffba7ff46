import { join } from 'node:path';
import type { AppError } from '../base/errors.ts';
import { labLog } from '../base/logger.ts';
import { SECOND } from '../base/units.ts';
import { runToEnd, startServer, type ServerCommand } from './embedded/server-process.ts';
import { keepPart } from './kept-part.ts';
import { processId, type ProcessId } from './process-id.ts';

/**
 * The processes of our own program in a lab, each started as an operator would start it. API and daemons are started
 * again when they die; a worker is not, because that is what other workers are for.
 */

/** As in the launcher: stripping types is most of what a start costs. */
const COMPILE_CACHE = 'node_modules/.cache/migratekit-compile';
const START_WITHIN_MS = 60 * SECOND;
const STOP_WITHIN_MS = 12 * SECOND;

export interface PartsOptions {
  readonly home: string;
  readonly logDir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Nothing more is started once it is aborted: the start throws its reason. */
  readonly signal?: AbortSignal | undefined;
  /** `ids` has changed: a part died and serves again. */
  readonly onRestart: () => void;
  /** A part died too often: the lab is of no use any more. */
  readonly onGivenUp: (error: AppError) => void;
}

interface Running {
  readonly id: ProcessId;
  stop(graceMs: number): Promise<void>;
}

export class Parts {
  readonly #options: PartsOptions;
  readonly #running: Running[] = [];
  #isStopping = false;

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

  /** Starts a server, waits until `url` answers, and keeps it running. */
  async serve(command: string, at: { readonly url: string; readonly args?: readonly string[] }): Promise<void> {
    const isReady = async (): Promise<boolean> =>
      fetch(at.url, { signal: AbortSignal.timeout(2 * SECOND) }).then(
        (response) => response.status < 500,
        () => false,
      );
    const { onRestart, onGivenUp } = this.#options;
    this.#keep(
      await keepPart({
        command: this.#command(command, command, at.args ?? []),
        readiness: { isReady, withinMs: START_WITHIN_MS },
        onRestart,
        onGivenUp,
      }),
    );
  }

  /** Starts a worker; it listens on nothing, so it is ready when it runs. @returns its pid, that of the Node process */
  async work(name: string): Promise<number> {
    const server = await startServer(this.#command(name, 'worker', []), {
      isReady: () => Promise.resolve(true),
      withinMs: START_WITHIN_MS,
    });
    void server.ended.then(() => {
      if (!this.#isStopping) labLog.warn({ part: name, pid: server.pid }, 'worker of the lab ended and stays away');
    });
    this.#keep({ id: processId(name, server.pid), stop: (graceMs) => server.stop(graceMs) });
    return server.pid;
  }

  /** Newest first: workers let go of their jobs while API, daemons and services still answer. */
  async stopAll(): Promise<void> {
    this.#isStopping = true;
    const workers = this.#running.filter(({ id }) => id.name.startsWith('worker'));
    await Promise.all(workers.map((worker) => worker.stop(STOP_WITHIN_MS)));
    for (const part of this.#running.reverse()) await part.stop(STOP_WITHIN_MS);
  }

  #keep(part: Running): void {
    this.#running.push(part);
    labLog.info({ part: part.id.name, pid: part.id.pid }, 'part of the lab started');
  }

  #command(name: string, command: string, args: readonly string[]): ServerCommand & { readonly name: string } {
    this.#options.signal?.throwIfAborted();
    return {
      name,
      program: process.execPath,
      args: [join(this.#options.home, 'src/bin', `${command}.ts`), ...args],
      logFile: join(this.#options.logDir, `${name}.log`),
      env: { ...this.#options.env, NODE_COMPILE_CACHE: join(this.#options.home, COMPILE_CACHE) },
    };
  }
}
