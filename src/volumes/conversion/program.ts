import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { precondition, upstream, type AppError } from '../../base/errors.ts';
import { MINUTE, SECOND } from '../../base/units.ts';

/**
 * The programs of libguestfs, each in a process group of its own with everything that it starts: they run a small VM that
 * has the disks open. The group is killed as a whole, and the kernel kills its head when this process dies in whatever
 * way; the servers of disks and the VM behind it end with it.
 */

export interface Call {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** Each line of stdout. */
  readonly onLine: (line: string) => void;
}

export interface Ending {
  /** -1 when a signal ended it. */
  readonly code: number;
  /** The end of stderr. */
  readonly words: string;
}

const WORDS_CHARS = 4_000;
/** From SIGKILL to the end of a group whose storage answers. */
const DYING_MS = 10 * SECOND;
/** setpriv, when there is no such program. */
const NOT_FOUND = 127;

/**
 * Runs it to its end. A code other than 0 is a result.
 * @throws precondition `conversion.tool-missing`; upstream `conversion.timeout`; the reason of `signal`: in each case
 * nothing of it runs any more, or `conversion.stuck` when that cannot be had.
 */
export async function runGroup(call: Call): Promise<Ending> {
  const { program, args, env, deadlineMs, signal } = call;
  signal.throwIfAborted();
  const deadline = AbortSignal.timeout(deadlineMs);
  const stop = AbortSignal.any([deadline, signal]);
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C.UTF-8', ...env },
  });
  const kill = (): void => killGroup(child);
  stop.addEventListener('abort', kill, { once: true });
  createInterface({ input: child.stdout }).on('line', call.onLine);
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    words = (words + part).slice(-WORDS_CHARS);
  });
  try {
    const code = await Promise.race([endOf(child, program), stuckAfter(stop, program)]);
    signal.throwIfAborted();
    if (deadline.aborted) throw late(program, deadlineMs);
    if (code === NOT_FOUND) throw missing(program);
    return { code, words: words.trim() };
  } finally {
    stop.removeEventListener('abort', kill);
    // Also after an end by itself: what it has started and left behind would go on writing.
    kill();
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}

function endOf(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', () => reject(missing(program)));
    child.once('close', (code) => resolve(code ?? -1));
  });
}

/** What hangs in the kernel, on dead storage, does not even die. */
function stuckAfter(stop: AbortSignal, program: string): Promise<never> {
  return new Promise((_resolve, reject) => {
    const onAbort = (): void => {
      setTimeout(() => reject(stuck(program)), DYING_MS).unref();
    };
    if (stop.aborted) onAbort();
    else stop.addEventListener('abort', onAbort, { once: true });
  });
}

const stuck = (program: string): AppError =>
  upstream('conversion.stuck', `${program} was killed and has not ended`, {
    details: { program },
    hint: 'the storage below the volumes hangs; until the process ends, nobody else may write to them',
    retry: 'never',
  });

const late = (program: string, deadlineMs: number): AppError =>
  upstream(
    'conversion.timeout',
    `${program} did not end within ${Math.round(deadlineMs / MINUTE)} min, and was killed`,
    {
      details: { program },
      hint: 'without KVM it is slow: raise MIGRATEKIT_CONVERSION_MINUTES, or fail over with skip_virtio',
      retry: 'never',
    },
  );

const missing = (program: string): AppError =>
  precondition('conversion.tool-missing', `${program} is not installed on this host`, {
    details: { program },
    hint: 'on Debian: apt-get install virt-v2v guestfs-tools linux-image-amd64; or fail over with skip_virtio',
  });
