import { createHash, hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import { AppError } from '../../base/errors.ts';
import { KiB, MiB } from '../../base/units.ts';

/**
 * The file that remembers what a disk held at one changeId: one 16-byte hash per 64 KiB block of [0, capacity), the
 * first half of a SHA-256; sixteen zero bytes for a block that reads zero. Two indexes of one disk tell what changed
 * between them, whatever wrote to the disk. A 1 TiB disk has an index of 256 MiB.
 * Layout: 4096 bytes of header (JSON, padded with spaces), then the entries. Written once; replaced as a whole where
 * blocks must count as changed (taint-index.ts).
 */
export const BLOCK_BYTES = 64 * KiB;
export const ENTRY_BYTES = 16;
const HEADER_BYTES = 4096;
const IO_BYTES = 1 * MiB;

const headerSchema = z.object({
  format: z.literal('migratekit-block-index-1'),
  change_id: z.string(),
  vm_uuid: z.string(),
  disk_id: z.string(),
  capacity_bytes: z.int().positive(),
  entries_sha256: z.string(),
});
export type IndexHeader = z.output<typeof headerSchema>;
export type IndexIdentity = Pick<IndexHeader, 'change_id' | 'vm_uuid' | 'disk_id' | 'capacity_bytes'>;

export const blockCount = (capacityBytes: number): number => Math.ceil(capacityBytes / BLOCK_BYTES);

export interface IndexWriter {
  /** The next `count` blocks read zero. */
  zeros(count: number): Promise<void>;
  /** The next block has this content; the last one of a disk may be shorter than the others. */
  block(content: Buffer): Promise<void>;
  /** The next blocks have these entries, as a reader gave them. */
  entries(entries: Buffer): Promise<void>;
  /** Writes the header and makes the file durable; the count of blocks must be the disk's. */
  finish(): Promise<void>;
  /** Call it in any case. A file without finish() is not an index. */
  close(): Promise<void>;
}

/** Starts the index file at `path`, which must not exist. */
export async function writeIndex(path: string, identity: IndexIdentity): Promise<IndexWriter> {
  const file = await open(path, 'wx', 0o600);
  const digest = createHash('sha256');
  const buffer = Buffer.alloc(IO_BYTES);
  let used = 0;
  let position = HEADER_BYTES;
  const spill = async (): Promise<void> => {
    const full = buffer.subarray(0, used);
    digest.update(full);
    await writeAll(file, full, position);
    position += used;
    used = 0;
  };
  return {
    zeros: async (count) => {
      for (let left = count; left > 0;) {
        const now = Math.min(left, (IO_BYTES - used) / ENTRY_BYTES);
        buffer.fill(0, used, used + now * ENTRY_BYTES);
        used += now * ENTRY_BYTES;
        left -= now;
        if (used === IO_BYTES) await spill();
      }
    },
    block: async (content) => {
      if (isZero(content)) buffer.fill(0, used, used + ENTRY_BYTES);
      else hash('sha256', content, 'buffer').copy(buffer, used, 0, ENTRY_BYTES);
      used += ENTRY_BYTES;
      if (used === IO_BYTES) await spill();
    },
    entries: async (entries) => {
      for (let done = 0; done < entries.length;) {
        const now = entries.copy(buffer, used, done);
        used += now;
        done += now;
        if (used === IO_BYTES) await spill();
      }
    },
    finish: async () => {
      if (used > 0) await spill();
      const entries = (position - HEADER_BYTES) / ENTRY_BYTES;
      if (entries !== blockCount(identity.capacity_bytes)) throw damaged(path, `it has ${entries} entries`);
      const header = { format: 'migratekit-block-index-1', ...identity, entries_sha256: digest.digest('hex') };
      await writeAll(file, Buffer.from(JSON.stringify(header).padEnd(HEADER_BYTES)), 0);
      await file.sync();
    },
    close: () => file.close(),
  };
}

const ZERO_BLOCK = Buffer.alloc(BLOCK_BYTES);
const isZero = (content: Buffer): boolean => content.equals(ZERO_BLOCK.subarray(0, content.length));

export interface IndexReader {
  readonly header: IndexHeader;
  /** Entries [first, first + count), clipped to the disk. */
  entries(first: number, count: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** Opens an index. @throws invariant `index.damaged`; ENOENT passes through. */
export async function openIndex(path: string): Promise<IndexReader> {
  const file = await open(path, 'r');
  try {
    const header = parseHeader(path, await readExactly(file, 0, HEADER_BYTES));
    const blocks = blockCount(header.capacity_bytes);
    const { size } = await file.stat();
    if (size !== HEADER_BYTES + blocks * ENTRY_BYTES) throw damaged(path, 'its size is wrong');
    return {
      header,
      entries: (first, count) => {
        const end = Math.min(first + count, blocks);
        return readExactly(file, HEADER_BYTES + first * ENTRY_BYTES, Math.max(0, end - first) * ENTRY_BYTES);
      },
      close: () => file.close(),
    };
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

/** Reads the whole index and compares its digest: a rotten one would hide changes. @throws invariant `index.damaged` */
export async function verifyIndex(path: string): Promise<IndexHeader> {
  const index = await openIndex(path);
  try {
    const digest = createHash('sha256');
    const step = IO_BYTES / ENTRY_BYTES;
    for (let first = 0; first < blockCount(index.header.capacity_bytes); first += step) {
      digest.update(await index.entries(first, step));
    }
    if (digest.digest('hex') !== index.header.entries_sha256) throw damaged(path, 'its digest is wrong');
    return index.header;
  } finally {
    await index.close();
  }
}

function parseHeader(path: string, bytes: Buffer): IndexHeader {
  try {
    return headerSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    throw damaged(path, 'its header cannot be read');
  }
}

function damaged(path: string, reason: string): AppError {
  return new AppError('invariant', ['index.damaged', `a block index cannot be used: ${reason}`], { details: { path } });
}

async function readExactly(file: FileHandle, position: number, lengthBytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(lengthBytes);
  let done = 0;
  while (done < lengthBytes) {
    const { bytesRead } = await file.read(buffer, done, lengthBytes - done, position + done);
    if (bytesRead === 0) throw damaged('', 'it ends too early');
    done += bytesRead;
  }
  return buffer;
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
