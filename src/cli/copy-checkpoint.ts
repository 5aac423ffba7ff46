import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { MiB } from '../base/units.ts';
import type { ByteRange } from '../transfer/block-device.ts';
import type { CopyCheckpoint } from '../transfer/copy-options.ts';
import { listOf } from '../transfer/range-streams.ts';
import { normalise } from '../transfer/ranges.ts';
import { unsaved } from './checkpoint-errors.ts';
import { begunCopy, type Begun, type CheckpointedCopy } from './checkpoint-identity.ts';
import { doneLine, endOfExtentsLine, extentLine, headerLine, readDone, readExtents } from './checkpoint-text.ts';
import { syncFolder } from './sync-folder.ts';

/** Lines that are written together. */
const LINES = 10_000;
/** The file is written anew, merged, when it has grown by so much. */
const GROWTH_BYTES = 1 * MiB;

/**
 * The file behind --checkpoint (checkpoint-text.ts). It is replaced as a whole or grows at its end, and each step is
 * synced: a copy that dies leaves a file that is true. It exists as long as the copy is unfinished. One process at a time
 * has it (checkpoint-lock.ts).
 */
export class CheckpointFile {
  readonly #path: string;
  readonly #copy: CheckpointedCopy;
  readonly #begun: Begun;
  #file: FileHandle | undefined;
  #bytes = 0;
  #growthBytes = 0;
  #extentsBytes: number | undefined;

  private constructor(path: string, copy: CheckpointedCopy, begun: Begun) {
    this.#path = path;
    this.#copy = copy;
    this.#begun = begun;
  }

  /**
   * Reads what earlier runs left and decides what of it still counts; changes nothing yet. Errors:
   * copy.checkpoint-foreign (it belongs to another copy, or to a snapshot that leads nowhere), copy.checkpoint-unreadable
   * (it is something else; it is left alone).
   */
  static async open(path: string, copy: CheckpointedCopy): Promise<CheckpointFile> {
    return new CheckpointFile(path, copy, await begunCopy(path, copy));
  }

  /** Where nothing is left to do for the snapshot that is copied now; normal form. */
  get done(): readonly ByteRange[] {
    return this.#begun.done;
  }

  /** An earlier run began this copy, whether or not it got as far as a first range. */
  get isResumed(): boolean {
    return this.#begun.isResumed;
  }

  /** Undefined: the whole disk. Ascending; those of earlier runs included where the snapshot is another one now. */
  extents(): AsyncIterable<ByteRange> | undefined {
    const { extents, snapshot } = this.#copy;
    if (extents === undefined || snapshot === undefined) return extents?.extents();
    return this.#file === undefined ? this.#begun.extents?.() : readExtents(this.#path);
  }

  /** Known after `begin`; undefined: the whole disk. */
  get extentsBytes(): number | undefined {
    return this.#extentsBytes ?? this.#copy.extents?.bytes;
  }

  /**
   * From here on the file speaks of this copy and of this snapshot, durably: nothing of the disk may be written before.
   * Merges what earlier runs appended and drops a torn last line. Errors: copy.checkpoint-unsaved; those of the extents.
   */
  async begin(): Promise<void> {
    await this.#guarded(() => this.#replace(this.#begun.extents?.(), this.#begun.done));
  }

  /** Durable when it returns. Errors: copy.checkpoint-unsaved; the file is as before then. */
  async add(ranges: readonly ByteRange[]): Promise<void> {
    await this.#guarded(() => this.#append(ranges.map(doneLine).join('')));
  }

  /** For the engine. */
  saving(): CopyCheckpoint {
    return { done: this.done, save: (ranges) => this.add(ranges) };
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  /** The copy is complete: nothing is left to resume. */
  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw unsaved(this.#path, error);
    }
  }

  async #append(text: string): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    try {
      await file.appendFile(text);
      await file.datasync();
    } catch (error) {
      // Half a line would be dropped by whoever reads it; without it the file is what it was.
      await file.truncate(this.#bytes).catch(() => undefined);
      throw error;
    }
    this.#bytes += text.length;
    this.#growthBytes += text.length;
    if (this.#growthBytes > GROWTH_BYTES) await this.#merge();
  }

  async #merge(): Promise<void> {
    const done = await listOf(readDone(this.#path, this.#copy.lengthBytes));
    await this.#replace(this.extents(), normalise(done));
  }

  /** All of the file anew, at once. */
  async #replace(extents: AsyncIterable<ByteRange> | undefined, done: readonly ByteRange[]): Promise<void> {
    const temporary = `${this.#path}.new`;
    try {
      await using fresh = await open(temporary, 'w', 0o600);
      await fresh.appendFile(headerLine(this.#begun.header));
      // Only a copy between snapshots needs them: any other is given the same list again.
      if (extents !== undefined && this.#copy.snapshot !== undefined) await this.#writeExtents(fresh, extents);
      for (let at = 0; at < done.length; at += LINES) {
        await fresh.appendFile(
          done
            .slice(at, at + LINES)
            .map(doneLine)
            .join(''),
        );
      }
      await fresh.sync();
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
    await rename(temporary, this.#path);
    await syncFolder(this.#path);
    await this.#file?.close();
    this.#file = await open(this.#path, 'a');
    this.#bytes = (await stat(this.#path)).size;
    this.#growthBytes = 0;
  }

  async #writeExtents(file: FileHandle, extents: AsyncIterable<ByteRange>): Promise<void> {
    let count = 0;
    let bytes = 0;
    let text = '';
    for await (const range of extents) {
      count += 1;
      bytes += range.length;
      text += extentLine(range);
      if (count % LINES !== 0) continue;
      await file.appendFile(text);
      text = '';
    }
    await file.appendFile(text + endOfExtentsLine(count, bytes));
    this.#extentsBytes = bytes;
  }
}
