import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { precondition } from '../base/errors.ts';
import { KiB } from '../base/units.ts';
import type { ByteRange } from '../transfer/block-device.ts';

/** An extent: offset and length as doubles, which hold every number that a range may have. */
const EXTENT_BYTES = 16;
const BLOCK_BYTES = 64 * KiB;

/**
 * Extents in a temporary file without a name: it is gone with this process, however that ends. 16 bytes each, so a
 * million takes 16 MB of disk and one block of memory.
 */
export class ExtentsSpool {
  readonly #file: FileHandle;
  readonly #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #blockBytes = 0;
  #fileBytes = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Errors: copy.no-temporary-file */
  static async open(): Promise<ExtentsSpool> {
    try {
      const folder = await mkdtemp(join(tmpdir(), 'mk-extents-'));
      try {
        return new ExtentsSpool(await open(join(folder, 'extents'), 'wx+', 0o600));
      } finally {
        await rm(folder, { recursive: true });
      }
    } catch (error) {
      throw noRoom(error);
    }
  }

  /** Errors: copy.no-temporary-file */
  async add({ offset, length }: ByteRange): Promise<void> {
    this.#block.writeDoubleLE(offset, this.#blockBytes);
    this.#block.writeDoubleLE(length, this.#blockBytes + 8);
    this.#blockBytes += EXTENT_BYTES;
    if (this.#blockBytes === BLOCK_BYTES) await this.end();
  }

  /** All that was added can be read. */
  async end(): Promise<void> {
    let written = 0;
    while (written < this.#blockBytes) {
      const left = this.#block.subarray(written, this.#blockBytes);
      const { bytesWritten } = await this.#file.write(left, 0, left.length, this.#fileBytes).catch((error: unknown) => {
        throw noRoom(error);
      });
      written += bytesWritten;
      this.#fileBytes += bytesWritten;
    }
    this.#blockBytes = 0;
  }

  async *read(): AsyncGenerator<ByteRange> {
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    for (let at = 0; at < this.#fileBytes; at += BLOCK_BYTES) {
      const bytes = Math.min(BLOCK_BYTES, this.#fileBytes - at);
      await this.#fill(block.subarray(0, bytes), at);
      for (let from = 0; from < bytes; from += EXTENT_BYTES) {
        yield { offset: block.readDoubleLE(from), length: block.readDoubleLE(from + 8) };
      }
    }
  }

  /** Never throws. */
  async close(): Promise<void> {
    await this.#file.close().catch(() => undefined);
  }

  async #fill(block: Buffer, at: number): Promise<void> {
    let filled = 0;
    while (filled < block.length) {
      const { bytesRead } = await this.#file.read(block, filled, block.length - filled, at + filled);
      if (bytesRead === 0) throw noRoom(new Error('the temporary file became shorter'));
      filled += bytesRead;
    }
  }
}

function noRoom(cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause);
  return precondition('copy.no-temporary-file', `cannot keep the extents in a temporary file: ${why}`, {
    hint: `${tmpdir()} must be writable and have 16 bytes per extent; TMPDIR names another folder`,
    cause,
  });
}
