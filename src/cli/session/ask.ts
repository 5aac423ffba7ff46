import { createInterface } from 'node:readline/promises';
import { cancelled } from '../../base/errors.ts';

/** Questions to a person at the terminal. They go to stderr: stdout belongs to answers. */

/** Whether there is a person who could answer. */
export const canAsk = (): boolean => process.stdin.isTTY && process.stderr.isTTY;

/** @throws cancelled `cli.interrupted` at Ctrl-C and Ctrl-D */
export async function askLine(question: string, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await lines.question(question, { signal })).trim();
  } catch {
    // Nothing else ends a question: Ctrl-C, Ctrl-D, or the signal.
    throw interrupted();
  } finally {
    lines.close();
  }
}

const ENTER = ['\r', '\n'];
const END = ['\u0003', '\u0004'];
const ERASE = ['\u007f', '\b'];
const ERASE_LINE = '\u0015';
const ESCAPE = '\u001b';
const PASSWORD_MAX = 1_000;

/** Asks without showing what is typed. @throws cancelled `cli.interrupted` at Ctrl-C and Ctrl-D */
export async function askSecret(question: string, signal: AbortSignal): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setEncoding('utf8');
  stdin.setRawMode(true);
  const typed = new TypedSecret();
  const onData = (chunk: string): void => typed.take(chunk);
  const onAbort = (): void => typed.end(undefined);
  try {
    stdin.on('data', onData);
    stdin.once('end', onAbort);
    signal.addEventListener('abort', onAbort);
    stdin.resume();
    const secret = await typed.ended;
    if (secret === undefined) throw interrupted();
    return secret;
  } finally {
    signal.removeEventListener('abort', onAbort);
    stdin.off('end', onAbort);
    stdin.off('data', onData);
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}

/** Keys as a terminal in raw mode sends them. */
class TypedSecret {
  /** What was typed; undefined when it was given up. */
  readonly ended: Promise<string | undefined>;
  readonly end: (secret: string | undefined) => void;
  #keys: string[] = [];

  constructor() {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.ended = promise;
    this.end = resolve;
  }

  take(chunk: string): void {
    // Arrow keys and the like: not a character of a password, and not an end either.
    if (chunk.startsWith(ESCAPE)) return;
    for (const key of chunk) {
      if (ENTER.includes(key)) return this.end(this.#keys.join(''));
      if (END.includes(key)) return this.end(undefined);
      if (ERASE.includes(key)) this.#keys.pop();
      else if (key === ERASE_LINE) this.#keys = [];
      else if (this.#keys.length < PASSWORD_MAX) this.#keys.push(key);
    }
  }
}

const interrupted = () => cancelled('cli.interrupted', 'interrupted');
