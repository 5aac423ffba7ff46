import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { KiB } from '../../src/base/units.ts';

/** What one run of a program cost, from its start to its end. */
export interface Cost {
  readonly wallS: number;
  /** User and system, of all its threads. */
  readonly cpuS: number;
  /** The most memory that it held (VmHWM); 0 when it ended before that was looked at. */
  readonly peakBytes: number;
  readonly stdout: string;
}

const LOOK_EVERY_MS = 20;

/** @throws Error with what it said, unless it ends with 0 */
export async function timed(command: readonly string[]): Promise<Cost> {
  // The shell's own clock: it counts the processor time of a child that is gone, which Node cannot ask for.
  const script = 'TIMEFORMAT=\'%R %U %S\'; { time "$@" 2>&4; } 4>&2 2>&3';
  const child = spawn('bash', ['-c', script, 'bash', ...command], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  let peakBytes = 0;
  const look = setInterval(() => {
    peakBytes = Math.max(peakBytes, peakOfChildren(child.pid ?? 0));
  }, LOOK_EVERY_MS);
  try {
    const [[code], stdout, stderr, times] = await Promise.all([
      once(child, 'close') as Promise<[number | null]>,
      heard(child.stdout),
      heard(child.stderr),
      heard(child.stdio[3]),
    ]);
    if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${stderr.slice(-500)}`);
    const [wallS = NaN, userS = NaN, systemS = NaN] = times.trim().split(' ').map(Number);
    return { wallS, cpuS: userS + systemS, peakBytes, stdout };
  } finally {
    clearInterval(look);
  }
}

const heard = (stream: unknown): Promise<string> => (stream instanceof Readable ? text(stream) : Promise.resolve(''));

/** Source: proc(5), /proc/PID/task/TID/children and VmHWM in /proc/PID/status. */
function peakOfChildren(pid: number): number {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return Math.max(0, ...children.map((child) => Number(/VmHWM:\s+(\d+)/.exec(statusOf(child))?.[1] ?? 0) * KiB));
  } catch {
    // It has just ended.
    return 0;
  }
}

const statusOf = (pid: string): string => (pid === '' ? '' : readFileSync(`/proc/${pid}/status`, 'utf8'));
