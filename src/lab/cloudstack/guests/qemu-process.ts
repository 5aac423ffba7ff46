import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { sleep } from '../../../base/clock.ts';
import { SECOND } from '../../../base/units.ts';

/** One guest as a process, with qemu's monitor on its stdin and stdout. */

const PROGRAM = '/usr/bin/qemu-system-x86_64';
const READY_WITHIN_MS = 60 * SECOND;
const WORDS_CHARS = 2_000;
/** The monitor asks for commands early, and answers when the machine has been built: its files are open, and locked. */
const QUESTION = 'info status\n';
const ANSWER = 'VM status:';

export interface QemuProcess {
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
  /** Presses the power button, and waits so long for what the guest makes of it. */
  powerOff(withinMs: number): Promise<void>;
  /** Resolves when the process is gone. */
  kill(): Promise<void>;
}

/** @throws Error with qemu's last words when the machine cannot be built */
export async function startQemu(args: readonly string[]): Promise<QemuProcess> {
  if (!existsSync(PROGRAM))
    throw new Error('there is no emulator on this host: install the Debian package qemu-system-x86');
  // setpriv asks the kernel to kill the guest when this process dies, then becomes qemu. A session of its own: Ctrl-C on
  // a terminal reaches us alone.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', PROGRAM, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
  });
  const words = wordsOf(child);
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  const isReady = await answerOf(child, ended);
  if (!isReady) {
    await kill();
    throw new Error(`qemu did not start: ${words()}`);
  }
  return {
    ended,
    kill,
    async powerOff(withinMs) {
      child.stdin.write('system_powerdown\n');
      const enough = new AbortController();
      const late = sleep(withinMs, enough.signal).catch(() => undefined);
      await Promise.race([ended, late]);
      enough.abort();
    },
  };
}

function wordsOf(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    text = (text + part).slice(-WORDS_CHARS);
  });
  // A guest that has just died takes no more commands.
  child.stdin?.on('error', () => undefined);
  return () => text.trim();
}

/** False when it ends instead, or takes too long. What the monitor says later is read, and forgotten. */
async function answerOf(child: ChildProcess, ended: Promise<void>): Promise<boolean> {
  const enough = new AbortController();
  let text = '';
  const answered = new Promise<boolean>((resolve) => {
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      if (text.includes(ANSWER)) return;
      text += part;
      if (text.includes(ANSWER)) resolve(true);
    });
  });
  child.stdin?.write(QUESTION);
  const late = sleep(READY_WITHIN_MS, enough.signal).then(
    () => false,
    () => false,
  );
  try {
    return await Promise.race([answered, late, ended.then(() => false)]);
  } finally {
    enough.abort();
  }
}
