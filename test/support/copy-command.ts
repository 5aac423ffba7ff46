import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteRange } from '../../src/transfer/block-device.ts';
import { normalise } from '../../src/transfer/ranges.ts';
import type { TestFolder } from './nbd-servers.ts';

/** `migratekit copy` as a process of its own. */

const ENTRY = join(process.cwd(), 'src/bin/copy.ts');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunningCopy {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** @param command what stands before it: a program that runs another one */
export function startCopy(folder: TestFolder, args: readonly string[], command: readonly string[] = []): RunningCopy {
  const [program = '', ...rest] = [...command, process.execPath, ENTRY, ...args];
  // Sockets of private servers land in the folder, so that a test sees what is left of them.
  const child = spawn(program, rest, {
    env: { ...process.env, TMPDIR: folder.path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (ended.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (ended.stderr += text));
  return { child, ended: new Promise((resolve) => child.on('close', (code) => resolve({ ...ended, code }))) };
}

export const runCopy = (folder: TestFolder, ...args: string[]): Promise<Ended> => startCopy(folder, args).ended;

export const lastLine = (text: string): unknown => JSON.parse(text.trim().split('\n').at(-1) ?? '');

/** nbdkit processes that serve something inside the folder. */
export const serversIn = (folder: TestFolder): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return command.startsWith('nbdkit') && command.includes(folder.path);
      } catch {
        return false;
      }
    });

/** What the file of a checkpoint says: the snapshot, and what is done of it. Undefined while there is none. */
export function checkpointAt(path: string): { snapshot: unknown; done: ByteRange[] } | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const [header = '', ...lines] = text.slice(0, text.lastIndexOf('\n')).split('\n');
  const done = lines.filter((line) => line.startsWith('done ')).map((line) => line.split(' ').map(Number));
  return {
    snapshot: (JSON.parse(header) as { snapshot: unknown }).snapshot,
    done: normalise(done.map(([, offset = 0, length = 0]) => ({ offset, length }))),
  };
}
