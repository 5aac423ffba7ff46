import { open, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isMarkDead, ownMark } from '../base/process-mark.ts';
import { inUse, unsaved } from './checkpoint-errors.ts';

/**
 * One copy at a time works with a checkpoint. Who wants it puts an empty file with its own mark beside it, and only then
 * looks for those of others: of two at once at least one sees the other, and perhaps both leave. What a killed copy left
 * keeps nobody out, and is removed.
 *
 * It is taken before anything else is done, so it also finds out that the folder is missing or not ours to write.
 */
export class CheckpointLock {
  readonly #file: string;

  private constructor(file: string) {
    this.#file = file;
  }

  /** Errors: copy.checkpoint-in-use, copy.checkpoint-unsaved. */
  static async take(path: string): Promise<CheckpointLock> {
    const prefix = `${basename(path)}.used-by-`;
    const folder = dirname(resolve(path));
    const own = `${prefix}${ownMark()}`;
    const lock = new CheckpointLock(join(folder, own));
    try {
      await (await open(lock.#file, 'w', 0o600)).close();
      const others = (await readdir(folder)).filter((each) => each.startsWith(prefix) && each !== own);
      for (const other of others) {
        if (!isMarkDead(other.slice(prefix.length))) throw inUse(path, join(folder, other));
        await rm(join(folder, other), { force: true });
      }
    } catch (error) {
      await lock.release();
      throw unsaved(path, error);
    }
    return lock;
  }

  /** Never throws. */
  async release(): Promise<void> {
    await rm(this.#file, { force: true }).catch(() => undefined);
  }
}
