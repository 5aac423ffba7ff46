import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { busy } from '../base/errors.ts';

/**
 * The one write lock of the folder of a VM's images: held by whoever freezes all disks (of a folder VM the VMA, of others
 * the simulated vCenter), and by whoever writes the images while it writes. Between the two there is no half-written moment that a snapshot could catch.
 */
export const FOLDER_LOCK = '.migratekit.lock';

/** Runs `work` while this process holds the folder's lock exclusively. @throws busy `lab.folder-locked` after 60 s */
export async function withFolderLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  // flock(1) holds the lock for a program that says when it has it and ends when its stdin does. Node has no flock.
  const holder = spawn(
    'setpriv',
    [
      '--pdeathsig',
      'KILL',
      '--',
      'flock',
      '--exclusive',
      '--timeout',
      '60',
      join(folder, FOLDER_LOCK),
      'sh',
      '-c',
      'echo locked; exec cat >/dev/null',
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const ended = new Promise<void>((resolve) => holder.once('close', () => resolve()));
  const locked = new Promise<boolean>((resolve) => {
    holder.stdout.once('data', () => resolve(true));
    holder.once('close', () => resolve(false));
    holder.once('error', () => resolve(false));
  });
  try {
    if (!(await locked)) throw busy('lab.folder-locked', `another process holds the write lock of ${folder}`);
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
