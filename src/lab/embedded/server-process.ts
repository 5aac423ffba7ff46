import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '../../base/clock.ts';
import { AppError, upstream } from '../../base/errors.ts';

/** One local server that belongs to this process: it dies with it, whatever way this process ends. */
export interface ServerProcess {
  readonly pid: number;
  readonly running: boolean;
  /** Resolves when the process is gone, for whatever reason. */
  readonly ended: Promise<void>;
  /** SIGTERM, then SIGKILL after `graceMs`; resolves when the process is gone. */
  stop(graceMs: number): Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  kill9(): Promise<void>;
}

export interface ServerCommand {
  /** For messages; `program` when absent. */
  readonly name?: string;
  readonly program: string;
  /** Never a password: everybody on the machine can read the arguments of a process. */
  readonly args: readonly string[];
  /** stdout and stderr are appended here. */
  readonly logFile: string;
  readonly cwd?: string;
  /** Its whole environment besides PATH: our own holds passwords that are none of most servers' business. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Readiness {
  /** True once a client was served; an error it throws ends the wait. */
  readonly isReady: () => Promise<boolean>;
  readonly withinMs: number;
}

const POLL_MS = 50;
const LOG_TAIL_CHARACTERS = 1_500;
const LAST_WORDS_CHARACTERS = 300;
/** Debian keeps servers in folders that an ordinary user does not have in PATH. */
const PROGRAM_DIRS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * Starts the server and waits until it serves.
 * @throws upstream `embedded.not-started` with the end of its log: it exited, or was not ready in time (then it is killed).
 */
export async function startServer(command: ServerCommand, readiness: Readiness): Promise<ServerProcess> {
  const server = launch(command);
  const deadline = performance.now() + readiness.withinMs;
  try {
    while (!(await readiness.isReady())) {
      if (!server.running) throw await notStarted(command, 'it exited');
      if (performance.now() > deadline) throw await notStarted(command, `not ready within ${readiness.withinMs} ms`);
      await sleep(POLL_MS);
    }
  } catch (error) {
    await server.kill9();
    throw error instanceof AppError && error.code === 'embedded.not-started'
      ? error
      : await notStarted(command, 'it could not be asked', error);
  }
  return server;
}

/**
 * Runs a program to its end.
 * @throws upstream `embedded.not-started` with the end of its log when it does not exit with 0 in time.
 */
export async function runToEnd(command: ServerCommand, withinMs: number): Promise<void> {
  const child = start(command);
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('exit', resolve);
  });
  clearTimeout(timer);
  if (code !== 0) throw await notStarted(command, code === null ? 'it was killed or is missing' : `exit code ${code}`);
}

function start(command: ServerCommand): ChildProcess {
  const log = openSync(command.logFile, 'a', 0o600);
  try {
    // setpriv asks the kernel to kill the server when this process dies, then becomes the server: the pid is the server's.
    return spawn('setpriv', ['--pdeathsig', 'KILL', '--', locate(command.program), ...command.args], {
      stdio: ['ignore', log, log],
      cwd: command.cwd,
      env: { PATH: PROGRAM_DIRS.join(':'), LC_ALL: 'C', ...command.env },
      // A session of its own: Ctrl-C on a terminal reaches us alone, and we stop what we started in order.
      detached: true,
    });
  } finally {
    closeSync(log);
  }
}

function locate(program: string): string {
  return PROGRAM_DIRS.map((dir) => join(dir, program)).find(existsSync) ?? program;
}

function launch(command: ServerCommand): ServerProcess {
  const child = start(command);
  let running = true;
  const gone = new Promise<void>((resolve) => {
    const end = (): void => {
      running = false;
      resolve();
    };
    child.once('exit', end);
    child.once('error', end);
  });
  const kill9 = async (): Promise<void> => {
    if (running) child.kill('SIGKILL');
    await gone;
  };
  return {
    pid: child.pid ?? 0,
    get running() {
      return running;
    },
    ended: gone,
    kill9,
    async stop(graceMs) {
      if (!running) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await gone;
      clearTimeout(timer);
    },
  };
}

async function notStarted(command: ServerCommand, why: string, cause?: unknown): Promise<AppError> {
  const log = await readFile(command.logFile, 'utf8').catch(() => '');
  // Its last words are mostly the reason; a person should not have to look for them.
  const lastWords = log.trimEnd().split('\n').at(-1)?.slice(0, LAST_WORDS_CHARACTERS) ?? '';
  return upstream(
    'embedded.not-started',
    `${command.name ?? command.program} did not start: ${why}${lastWords && `: ${lastWords}`}`,
    {
      hint: `read ${command.logFile}; ./migratekit lab up installs what is missing, as root on Debian`,
      details: { program: command.program, logTail: log.slice(-LOG_TAIL_CHARACTERS) },
      cause,
    },
  );
}
