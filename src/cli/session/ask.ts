import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { cancelled } from '../../base/errors.ts';

/** Questions to a person at the terminal. They go to stderr: stdout belongs to answers. */

/** Whether there is a person who could answer. */
export const canAsk = (): boolean => process.stdin.isTTY && process.stderr.isTTY;

export async function askLine(question: string, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // Ctrl-D answers nothing: without this the question would wait for ever.
    const ended = once(lines, 'close', { signal }).then(() => {
      throw interrupted();
    });
    ended.catch(() => undefined);
    lines.on('SIGINT', () => lines.close());
    return (await Promise.race([lines.question(question, { signal }), ended])).trim();
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
  try {
    return await typed(stdin, signal);
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}

async function typed(input: NodeJS.ReadStream, signal: AbortSignal): Promise<string> {
  let secret: string[] = [];
  // Leaving the loop must not close the terminal: somebody may ask again.
  for await (const chunk of input.iterator({ destroyOnReturn: false })) {
    if (signal.aborted) break;
    const keys = [...String(chunk)];
    // Arrow keys and the like: not a character of a password, and not an end either.
    if (keys[0] === ESCAPE) continue;
    for (const key of keys) {
      if (ENTER.includes(key)) return secret.join('');
      if (END.includes(key)) throw interrupted();
      if (ERASE.includes(key)) secret.pop();
      else if (key === ERASE_LINE) secret = [];
      else if (secret.length < PASSWORD_MAX) secret.push(key);
    }
  }
  throw interrupted();
}

const interrupted = () => cancelled('cli.interrupted', 'interrupted');
