import { open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { KiB } from '../../../base/units.ts';
import { isMissing } from '../../cloudstack/durable-file.ts';
import { trackingSchema, type Tracking } from '../world.ts';

/**
 * Changed block tracking of one disk, as a file beside its image: a page of JSON with the state, then for each 64 KiB
 * block the number of the sequence in which it was last written, 0 for never. Marks are on the disk before the bytes they
 * speak of, so that after any crash the areas are too many rather than too few. Touch it under the VM's write lock.
 */

export const BLOCK_BYTES = 64 * KiB;
const HEADER_BYTES = 4 * KiB;
const MARK_BYTES = 4;

export const trackingFileOf = (image: string): string => `${image}.ctk`;

export interface Area {
  readonly offset: number;
  readonly length: number;
}

/** Undefined where tracking never began. */
export async function readTracking(image: string): Promise<Tracking | undefined> {
  const file = await openIfThere(trackingFileOf(image), 'r');
  if (file === undefined) return undefined;
  try {
    return await readHeader(file);
  } finally {
    await file.close();
  }
}

async function readHeader(file: FileHandle): Promise<Tracking> {
  const header = Buffer.alloc(HEADER_BYTES);
  await file.read(header, 0, HEADER_BYTES, 0);
  return trackingSchema.parse(JSON.parse(header.toString('utf8').trim()));
}

/** Begins anew: no block was ever written. The file appears whole. */
export async function beginTracking(image: string, tracking: Tracking): Promise<void> {
  const path = trackingFileOf(image);
  const beside = `${path}.new`;
  const file = await open(beside, 'w', 0o600);
  try {
    await writeHeader(file, tracking);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
}

/** Changes the state and keeps the marks. */
export async function saveTracking(image: string, tracking: Tracking): Promise<void> {
  const file = await open(trackingFileOf(image), 'r+');
  try {
    await writeHeader(file, tracking);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeHeader(file: FileHandle, tracking: Tracking): Promise<void> {
  await file.write(Buffer.from(JSON.stringify(tracking).padEnd(HEADER_BYTES), 'utf8'), 0, HEADER_BYTES, 0);
}

/** Marks the blocks of `areas` as written now; returns when the marks are on the disk. Without tracking it does nothing. */
export async function markWritten(image: string, areas: readonly Area[]): Promise<void> {
  const file = await openIfThere(trackingFileOf(image), 'r+');
  if (file === undefined) return;
  try {
    const { isActive, sequence } = await readHeader(file);
    if (!isActive) return;
    for (const { offset, length } of areas) {
      if (length === 0) continue;
      const first = Math.floor(offset / BLOCK_BYTES);
      const marks = new Uint32Array(Math.ceil((offset + length) / BLOCK_BYTES) - first).fill(sequence);
      await file.write(Buffer.from(marks.buffer), 0, marks.byteLength, HEADER_BYTES + first * MARK_BYTES);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Of each block the sequence in which it was last written. Blocks behind the end were never written. */
export async function readMarks(path: string): Promise<Uint32Array> {
  const bytes = await readFile(path);
  const count = Math.max(0, Math.floor((bytes.length - HEADER_BYTES) / MARK_BYTES));
  return new Uint32Array(bytes.buffer.slice(bytes.byteOffset + HEADER_BYTES).slice(0, count * MARK_BYTES));
}

async function openIfThere(path: string, flags: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, flags);
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}
