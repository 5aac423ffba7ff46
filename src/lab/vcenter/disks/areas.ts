import { open } from 'node:fs/promises';
import { MiB } from '../../../base/units.ts';
import { BLOCK_BYTES, type Area } from './tracking.ts';

/** Which areas of a frozen disk QueryChangedDiskAreas tells of. */

/** What one answer says: its areas are all that there are in [startOffset, startOffset + length). */
export interface AreaAnswer {
  readonly startOffset: number;
  readonly length: number;
  readonly areas: readonly Area[];
}

export interface AreaQuestion {
  readonly capacityBytes: number;
  readonly startOffset: number;
  readonly areasMax: number;
  /** Whether a block belongs to what is asked for. */
  readonly isIn: (block: number) => boolean;
}

/** Stops behind the last area that fits into the answer, else at the end of the disk. Pure. */
export function answerAreas({ capacityBytes, startOffset, areasMax, isIn }: AreaQuestion): AreaAnswer {
  const areas: Area[] = [];
  const blocks = Math.ceil(capacityBytes / BLOCK_BYTES);
  let block = Math.floor(startOffset / BLOCK_BYTES);
  while (block < blocks) {
    if (!isIn(block)) {
      block += 1;
      continue;
    }
    if (areas.length === areasMax) {
      const last = areas[areas.length - 1];
      const end = last === undefined ? startOffset : last.offset + last.length;
      return { startOffset, length: end - startOffset, areas };
    }
    const first = block;
    while (block < blocks && isIn(block)) block += 1;
    const offset = Math.max(startOffset, first * BLOCK_BYTES);
    areas.push({ offset, length: Math.min(capacityBytes, block * BLOCK_BYTES) - offset });
  }
  return { startOffset, length: capacityBytes - startOffset, areas };
}

/** 1 for each block that holds anything but zeros. */
export async function scanData(path: string, capacityBytes: number): Promise<Uint8Array> {
  const found = new Uint8Array(Math.ceil(capacityBytes / BLOCK_BYTES));
  const buffer = Buffer.alloc(4 * MiB);
  const file = await open(path, 'r');
  try {
    for (let offset = 0; offset < capacityBytes; offset += buffer.length) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
      markData(buffer.subarray(0, bytesRead), found.subarray(offset / BLOCK_BYTES));
    }
  } finally {
    await file.close();
  }
  return found;
}

const ZEROS = Buffer.alloc(BLOCK_BYTES);

function markData(bytes: Buffer, found: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const block = bytes.subarray(at, at + BLOCK_BYTES);
    if (!block.equals(ZEROS.subarray(0, block.length))) found[at / BLOCK_BYTES] = 1;
  }
}
