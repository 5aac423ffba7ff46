import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { createInterface } from 'node:readline';
import { precondition, upstream } from '../base/errors.ts';
import { SECOND } from '../base/units.ts';

/**
 * The programs that this room starts: all through setpriv, so that the kernel kills them when this process dies in
 * whatever way. setpriv and env replace themselves by the program, so the child's pid is the program's.
 */

/** Starts `program` tied to the life of this process, with messages in English (they are matched in tables). */
export function spawnTied(program: string, args: readonly string[], stdio: StdioOptions): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'env', 'LC_ALL=C', program, ...args], { stdio });
}

export interface ToolCall {
  readonly program: string;
  readonly args: readonly string[];
  /** The program is killed when it takes longer. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ToolResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** From SIGKILL to the end of a program whose storage answers. */
const DYING_MS = 10 * SECOND;
/** More output than this from a program that answers in a few lines is not an answer. */
const OUTPUT_CHARS_MAX = 1024 * 1024;

/**
 * Runs a program to its end. A non-zero exit is a result, not an error: the caller's table says what it means.
 * @throws upstream `source.tool-timeout`; precondition `source.tool-missing`; the reason of `signal`.
 */
export async function runTool(call: ToolCall): Promise<ToolResult> {
  let stdout = '';
  const ended = await runLines(call, (line) => {
    if (stdout.length < OUTPUT_CHARS_MAX) stdout += `${line}\n`;
  });
  return { ...ended, stdout };
}

/** Like runTool, but hands over stdout line by line and keeps none of it. An error thrown by `onLine` ends the program. */
export async function runLines(call: ToolCall, onLine: (line: string) => void): Promise<Omit<ToolResult, 'stdout'>> {
  call.signal?.throwIfAborted();
  const deadline = AbortSignal.timeout(call.deadlineMs);
  const stop = call.signal === undefined ? deadline : AbortSignal.any([deadline, call.signal]);
  const child = spawnTied(call.program, call.args, ['ignore', 'pipe', 'pipe']);
  const kill = (): void => void child.kill('SIGKILL');
  stop.addEventListener('abort', kill, { once: true });
  let failure: unknown;
  const lines = child.stdout === null ? undefined : createInterface({ input: child.stdout });
  lines?.on('line', (line) => {
    if (failure !== undefined) return;
    try {
      onLine(line);
    } catch (thrown) {
      failure = thrown;
      kill();
    }
  });
  // 'close' of the child may come before readline has handed over its last line.
  const read = new Promise<void>((resolve) => (lines === undefined ? resolve() : lines.once('close', resolve)));
  try {
    const stderr = tail(child);
    const code = await Promise.race([exitOf(child, call.program), stuckAfter(stop, call)]);
    await read;
    if (failure !== undefined) throw failure;
    call.signal?.throwIfAborted();
    if (deadline.aborted) throw timedOut(call);
    if (code === 127) throw missing(call.program, stderr());
    return { code, stderr: stderr() };
  } finally {
    stop.removeEventListener('abort', kill);
    kill();
  }
}

/** The last lines of the child's stderr, as they are when it is called. */
export function tail(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-2000);
  });
  return () => text.trim();
}

/** Resolves when the child is gone and its pipes are empty: its exit code, -1 when a signal ended it. */
export function exitOf(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(missing(program, cause.message)));
    child.once('close', (code) => resolve(code ?? -1));
  });
}

/** A program that hangs in the kernel, on dead storage, does not even die: rejects a moment after it was told to. */
function stuckAfter(stop: AbortSignal, call: ToolCall): Promise<never> {
  return new Promise((_resolve, reject) => {
    const onAbort = (): void => {
      setTimeout(() => reject(timedOut(call)), DYING_MS).unref();
    };
    if (stop.aborted) onAbort();
    else stop.addEventListener('abort', onAbort, { once: true });
  });
}

function timedOut(call: ToolCall): Error {
  return upstream('source.tool-timeout', `${call.program} did not end within ${call.deadlineMs} ms`, {
    details: { program: call.program },
    hint: 'the storage below the images may hang or be very slow',
  });
}

function missing(program: string, reason: string): Error {
  return precondition('source.tool-missing', `${program} cannot be started`, {
    details: { program, reason },
    hint: 'on Debian: apt-get install qemu-utils util-linux coreutils',
  });
}
