import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '../base/clock.ts';
import { cancelled, upstream } from '../base/errors.ts';
import { MINUTE } from '../base/units.ts';
import { alreadyRunning, ownerOf } from './owner.ts';
import { isAlive } from './process-id.ts';
import { readState, type LabState } from './state.ts';

/** Long enough for a slow machine that makes its disks and its database for the first time. */
const READY_WITHIN_MS = 5 * MINUTE;
const POLL_MS = 100;

export interface Background {
  readonly home: string;
  readonly dir: string;
  /** Options of the lab, for the supervisor's command line. */
  readonly flags: readonly string[];
}

/**
 * Starts the supervisor as a process of its own, and returns when everything in the lab answers. A signal that arrives
 * before that takes down what was begun.
 * @throws conflict `lab.already-running`; cancelled `lab.interrupted`; upstream `lab.not-started` with the reason
 */
export async function superviseInBackground(options: Background): Promise<LabState> {
  if (ownerOf(options.dir) !== undefined) throw alreadyRunning(options.dir);
  const logDir = join(options.dir, 'logs');
  mkdirSync(logDir, { recursive: true });
  const logFile = join(logDir, 'supervisor.log');
  const child = start(options, logFile);
  let interrupted = false;
  const giveUp = (): void => {
    interrupted = true;
    child.kill('SIGTERM');
  };
  process.once('SIGINT', giveUp).once('SIGTERM', giveUp).once('SIGHUP', giveUp);
  const state = await readyState(options.dir, child);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.removeListener(signal, giveUp);
  if (state !== undefined && !interrupted) {
    child.unref();
    return state;
  }
  child.kill('SIGTERM');
  if (interrupted) throw cancelled('lab.interrupted', 'interrupted; what was started is stopped again');
  throw upstream('lab.not-started', `the lab did not start: ${lastLine(logFile)}`, {
    hint: `read the logs in ${logDir}`,
  });
}

function start({ home, dir, flags }: Background, logFile: string): ChildProcess {
  const log = openSync(logFile, 'a', 0o600);
  try {
    return spawn(process.execPath, [join(home, 'src/bin/lab.ts'), 'supervise', '--dir', dir, ...flags], {
      detached: true,
      stdio: ['ignore', log, log],
    });
  } finally {
    closeSync(log);
  }
}

/** The state that this supervisor wrote when all was ready; undefined when it ended, or took too long. */
async function readyState(dir: string, child: ChildProcess): Promise<LabState | undefined> {
  for (let waitedMs = 0; waitedMs < READY_WITHIN_MS; waitedMs += POLL_MS) {
    if (child.exitCode !== null || child.signalCode !== null) return undefined;
    const state = readState(dir);
    if (state?.ready === true && state.supervisor.pid === child.pid && isAlive(state.supervisor)) return state;
    await sleep(POLL_MS);
  }
  return undefined;
}

const lastLine = (file: string): string => readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '';
