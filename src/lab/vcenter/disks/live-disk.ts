import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { invalidRequest } from '../../../base/errors.ts';
import { withFolderLock } from '../../folder-lock.ts';
import { markWritten } from './tracking.ts';

/** The image that a VM runs on. Whoever writes to it holds the write lock of its folder. */

export interface DiskBytes {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A sparse image of zeros, where there is none yet. */
export async function ensureImage(image: string, capacityBytes: number): Promise<void> {
  await mkdir(dirname(image), { recursive: true });
  if (existsSync(image)) return;
  const part = `${image}.${randomUUID()}.part`;
  const file = await open(part, 'w', 0o600);
  try {
    await file.truncate(capacityBytes);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(part, image);
  } catch (thrown) {
    // Somebody else was quicker, and may have written to it.
    if (!existsSync(image)) throw thrown;
  } finally {
    await rm(part);
  }
}

/** All writes under one lock: a snapshot has all of them or none. Each is tracked before it is done. */
export async function writeImage(image: string, writes: readonly DiskBytes[]): Promise<void> {
  const { size } = await stat(image);
  for (const { offset, bytes } of writes) {
    if (offset < 0 || offset + bytes.length > size) {
      throw invalidRequest('lab.write-outside', `the disk has ${size} bytes; ${bytes.length} at ${offset} do not fit`);
    }
  }
  await withFolderLock(dirname(image), () => writeLocked(image, writes));
}

async function writeLocked(image: string, writes: readonly DiskBytes[]): Promise<void> {
  await markWritten(
    image,
    writes.map(({ offset, bytes }) => ({ offset, length: bytes.length })),
  );
  const file = await open(image, 'r+');
  try {
    for (const { offset, bytes } of writes) await file.write(bytes, 0, bytes.length, offset);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A reflink where the file system can, else a copy of the data alone. The copy appears whole. */
export async function copyImage(from: string, to: string): Promise<void> {
  const part = `${to}.part`;
  await rm(part, { force: true });
  await promisify(execFile)('cp', ['--reflink=auto', '--sparse=always', '--', from, part]);
  await rename(part, to);
}
