import type { ChildProcess } from 'node:child_process';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { busy, precondition, upstream } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import { exitOf, spawnTied, tail } from '../child-process.ts';
import { errnoOf } from '../durable-files.ts';

/**
 * The lock of a VM's folder. Its name is part of the contract: whoever writes to several disks of a VM and wants them
 * frozen at one point holds an exclusive flock(2) on this file meanwhile, e.g.
 * `flock --exclusive FOLDER/.migratekit.lock PROGRAM`. An image that is written without it is noticed while it is
 * copied and refused then, but a write that ends between two disks cannot be noticed.
 */
const FOLDER_LOCK_FILE = '.migratekit.lock';

const TIMEOUT_EXIT = 75;

/**
 * Holds an exclusive flock on `path` while `work` runs. Node has no flock: a child process holds it (cat, which ends
 * with our end of its pipe), so the lock also falls when this process dies. `work` gets a signal that aborts when the
 * lock is lost or the caller's signal aborts.
 * @throws busy `source.folder-busy` after `timeoutMs`; upstream `source.lock-lost`
 */
export async function withFileLock<T>(
  path: string,
  options: { timeoutMs: number; signal?: AbortSignal | undefined },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const held = await takeFileLock(path, options);
  try {
    const result = await work(options.signal === undefined ? held.lost : AbortSignal.any([held.lost, options.signal]));
    held.lost.throwIfAborted();
    return result;
  } finally {
    await held.release();
  }
}

export interface FileLock {
  /** Aborts with `source.lock-lost` when the lock is gone without a release. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** The lock without a scope: for as long as the caller lives. */
export async function takeFileLock(
  path: string,
  options: { timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<FileLock> {
  options.signal?.throwIfAborted();
  await refuseLink(path);
  const seconds = String(Math.max(0.1, options.timeoutMs / SECOND));
  const flock = ['--exclusive', '--timeout', seconds, '--conflict-exit-code', String(TIMEOUT_EXIT), '--no-fork'];
  const child = spawnTied('flock', [...flock, path, 'cat'], ['pipe', 'pipe', 'pipe']);
  const errors = tail(child);
  const exit = exitOf(child, 'flock');
  const kill = (): void => void child.kill('SIGKILL');
  options.signal?.addEventListener('abort', kill, { once: true });
  try {
    const code = await Promise.race([exit, echo(child)]);
    options.signal?.throwIfAborted();
    if (code !== 'held') throw notLocked(path, code, errors());
  } catch (thrown) {
    kill();
    throw thrown;
  } finally {
    options.signal?.removeEventListener('abort', kill);
  }
  return heldBy(child, exit, path);
}

function heldBy(child: ChildProcess, exit: Promise<number>, path: string): FileLock {
  const lost = new AbortController();
  let released = false;
  const gone = exit.then(
    () => {
      if (!released) lost.abort(upstream('source.lock-lost', 'the holder of a lock died', { details: { path } }));
    },
    () => undefined,
  );
  return {
    lost: lost.signal,
    release: async () => {
      released = true;
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** cat answers only once flock has the lock and has replaced itself. */
function echo(child: ChildProcess): Promise<'held'> {
  // The pipe breaks when flock gives up; its exit code tells that.
  child.stdin?.on('error', () => undefined);
  child.stdin?.write('held\n');
  return new Promise((resolve) => child.stdout?.once('data', () => resolve('held')));
}

function notLocked(path: string, code: number, reason: string): Error {
  const details = { path, reason };
  if (code === TIMEOUT_EXIT) {
    return busy('source.folder-busy', 'another process holds the lock', {
      details,
      hint: `whoever holds ${path} keeps the source from being frozen; ask again when it is done`,
    });
  }
  if (code === 127) return precondition('source.tool-missing', 'flock cannot be started', { details });
  return precondition('source.folder-read-only', 'the lock file cannot be opened', {
    details,
    hint: 'the VMA keeps a lock file beside the images: give it the right to write there',
  });
}

/** flock would create the target of a link, wherever that is. */
async function refuseLink(path: string): Promise<void> {
  try {
    if (!(await lstat(path)).isFile()) {
      throw precondition('source.folder-read-only', 'the lock file is not a regular file', { details: { path } });
    }
  } catch (thrown) {
    if (errnoOf(thrown) !== 'ENOENT') throw thrown;
  }
}

export const folderLockOf = (folder: string): string => join(folder, FOLDER_LOCK_FILE);
