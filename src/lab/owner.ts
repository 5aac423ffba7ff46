import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { conflict } from '../base/errors.ts';
import { isAlive, processId, type ProcessId } from './process-id.ts';

/**
 * Who supervises a lab's folder: `lab.owner`, made exclusively before anything else in it, so that two labs that are
 * started at once on one folder do not build on each other's disks. It counts only while its process lives.
 */

const Owner = z.object({ name: z.string(), pid: z.int(), startTicks: z.int() });
const fileOf = (dir: string): string => join(dir, 'lab.owner');

/** The living supervisor of this folder, also while it still starts. */
export function ownerOf(dir: string): ProcessId | undefined {
  try {
    const owner = Owner.safeParse(JSON.parse(readFileSync(fileOf(dir), 'utf8')));
    return owner.success && isAlive(owner.data) ? owner.data : undefined;
  } catch {
    return undefined;
  }
}

/** Takes the folder for this process; call what it returns to give it back. @throws conflict `lab.already-running` */
export function takeFolder(dir: string): () => void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      writeFileSync(fileOf(dir), JSON.stringify(processId('supervisor', process.pid)), { flag: 'wx', mode: 0o600 });
      return () => rmSync(fileOf(dir), { force: true });
    } catch (cause) {
      // What a dead supervisor left is removed; a second failure means that somebody else was quicker.
      if (ownerOf(dir) !== undefined || attempt > 1) throw alreadyRunning(dir, cause);
      rmSync(fileOf(dir), { force: true });
    }
  }
}

export function alreadyRunning(dir: string, cause?: unknown): Error {
  return conflict('lab.already-running', `a lab runs in ${dir} already, or starts there`, {
    cause,
    hint: `stop it first: ./migratekit lab down --dir '${dir}'`,
  });
}
