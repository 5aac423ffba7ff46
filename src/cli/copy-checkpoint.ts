import { open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { conflict, type AppError } from '../base/errors.ts';
import type { ByteRange } from '../transfer/block-device.ts';
import { normalise } from '../transfer/ranges.ts';

/**
 * The file behind --checkpoint: a line that says which copy it belongs to, then one line "offset length" per range that
 * is durable on the target. It only grows, and each step is synced, so a copy that dies leaves a file that is true; a
 * last line without its end was never promised. It exists as long as the copy is unfinished.
 */
export interface CheckpointIdentity {
  readonly length_bytes: number;
  readonly target_bytes: number;
  /** Null: the whole disk. */
  readonly extents_sha256: string | null;
  readonly outside: 'leave' | 'zero';
}

const FORMAT = 'migratekit-copy-checkpoint-1';

export class CheckpointFile {
  /** What earlier runs did; normal form. */
  readonly done: readonly ByteRange[];
  /** An earlier run began this copy, whether or not it got as far as a first range. */
  readonly isResumed: boolean;
  readonly #path: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle, found: { done: readonly ByteRange[]; isResumed: boolean }) {
    this.#path = path;
    this.#file = file;
    this.done = found.done;
    this.isResumed = found.isResumed;
  }

  /**
   * Opens or makes the file. Errors: copy.checkpoint-foreign (it belongs to another copy), copy.checkpoint-unreadable (it
   * is something else; it is left alone).
   */
  static async open(path: string, identity: CheckpointIdentity): Promise<CheckpointFile> {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw unreadable(path, error.message);
    });
    const done = text === '' ? [] : normalise(parseRanges(path, text, identity));
    // Rewritten at each start: merges what earlier runs appended and drops a torn last line.
    const temporary = `${path}.new`;
    const lines = [JSON.stringify({ format: FORMAT, ...identity }), ...done.map(lineOf), ''];
    const fresh = await open(temporary, 'w', 0o600);
    await fresh.writeFile(lines.join('\n'));
    await fresh.sync();
    await fresh.close();
    await rename(temporary, path);
    await syncFolder(path);
    return new CheckpointFile(path, await open(path, 'a'), { done, isResumed: text !== '' });
  }

  /** Durable when it returns. */
  async add(ranges: readonly ByteRange[]): Promise<void> {
    await this.#file.write(ranges.map((range) => `${lineOf(range)}\n`).join(''));
    await this.#file.datasync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** The copy is complete: nothing is left to resume. */
  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}

/** Whether `path` holds anything of an earlier run. */
export async function hasCheckpoint(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && found.size > 0;
}

const lineOf = (range: ByteRange): string => `${range.offset} ${range.length}`;

function parseRanges(path: string, text: string, identity: CheckpointIdentity): ByteRange[] {
  const lines = text.split('\n');
  lines.pop(); // What follows the last line end is either nothing or torn.
  checkHeader(path, lines.shift() ?? '', identity);
  return lines.map((line) => {
    const match = /^(\d{1,16}) (\d{1,16})$/.exec(line);
    const [offset, length] = [Number(match?.[1]), Number(match?.[2])];
    if (!Number.isSafeInteger(offset + length) || offset + length > identity.length_bytes) {
      throw unreadable(path, `unexpected line "${line.slice(0, 60)}"`);
    }
    return { offset, length };
  });
}

function checkHeader(path: string, line: string, identity: CheckpointIdentity): void {
  let header: unknown;
  try {
    header = JSON.parse(line);
  } catch {
    throw unreadable(path, 'it is not a checkpoint');
  }
  const found = header as Partial<CheckpointIdentity & { format: string }> | null;
  if (found?.format !== FORMAT) throw unreadable(path, 'it is not a checkpoint');
  const isSame =
    found.length_bytes === identity.length_bytes &&
    found.target_bytes === identity.target_bytes &&
    found.extents_sha256 === identity.extents_sha256 &&
    found.outside === identity.outside;
  if (isSame) return;
  throw conflict('copy.checkpoint-foreign', `the checkpoint ${path} belongs to another copy`, {
    hint: 'sizes or extents differ; give the options of the first run, or remove the file to start again',
    details: { path, found, expected: identity },
  });
}

/** Makes the name of a new file as durable as its content. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r');
  await folder.sync();
  await folder.close();
}

function unreadable(path: string, why: string): AppError {
  return conflict('copy.checkpoint-unreadable', `cannot use the checkpoint ${path}: ${why}`, {
    hint: 'name another file, or remove this one to start again',
    details: { path },
  });
}
