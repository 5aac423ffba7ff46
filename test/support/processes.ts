import { readdirSync, readFileSync } from 'node:fs';
import { until } from './until.ts';

/** Looking at other processes through /proc: a fresh Debian has no pgrep. */

interface Seen {
  readonly pid: number;
  /** Arguments, separated by spaces. */
  readonly command: string;
  readonly environment: string;
}

function everyone(): Seen[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => ({ pid: Number(name), command: read(name, 'cmdline'), environment: read(name, 'environ') }));
}

/** Empty when the process ended meanwhile or belongs to somebody else. */
function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** Running processes whose command line or environment names `text`. */
export function processesNaming(text: string): string[] {
  return everyone()
    .filter((seen) => seen.command.includes(text) || seen.environment.includes(text))
    .map((seen) => `${seen.pid} ${seen.command.slice(0, 160)}`);
}

/** Pid of the one process of this program whose command line names `text`. Throws when there is none, or are several. */
export function processNaming(text: string, program: string): number {
  const found = everyone().filter(
    (seen) => seen.command.includes(text) && seen.command.split(' ')[0]?.endsWith(program),
  );
  const [only, ...others] = found;
  if (only === undefined || others.length > 0) throw new Error(`${found.length} processes of ${program} name ${text}`);
  return only.pid;
}

/** Processes that carry the marker of this test run and are not part of Jest: what a test started and left. */
export function processesOf(marker: string): { pid: number; command: string }[] {
  return everyone()
    .filter(({ environment }) => environment.includes(`MIGRATEKIT_TEST_RUN=${marker}`))
    .filter(({ command }) => command.trim() !== '' && !/jest-worker|node_modules\/jest/.test(command))
    .map(({ pid, command }) => ({ pid, command: command.trim() }));
}

/**
 * Stops a process where it is. A signal that was sent is not one that was obeyed: a busy machine lets other threads of
 * the process run on, and answer, so this waits until each of them stands still (proc_pid_stat(5), state T).
 */
export async function standStill(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  const stands = (thread: string): boolean => /^\d+ \(.*\) [Tt] /s.test(read(`${pid}/task/${thread}`, 'stat'));
  await until(() => readdirSync(`/proc/${pid}/task`).every(stands), {
    withinMs: 30_000,
    what: `process ${pid} to stand still`,
  });
}
