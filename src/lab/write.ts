import { createHash } from 'node:crypto';
import { writeImage, type DiskBytes } from './vcenter/disks/live-disk.ts';
import { BLOCK_BYTES } from './vcenter/disks/tracking.ts';

/** `lab write`: what the guest of a lab VM would do to its disk, under the VM's write lock, and tracked as ESXi would. */

/** Random writes land in pieces of this size, so that a delta stays a delta. */
const PIECE_BYTES = BLOCK_BYTES;

export interface RandomWrite {
  readonly bytes: number;
  readonly seed: string;
  readonly capacityBytes: number;
  /** In one piece at this place; without it scattered over the disk. */
  readonly offset?: number;
}

/** The writes of `--random bytes --seed seed`: the same for the same seed. */
export function randomWrites(options: RandomWrite): DiskBytes[] {
  if (options.offset !== undefined) {
    return [{ offset: options.offset, bytes: pseudoRandom(options.seed, options.bytes) }];
  }
  const writes: DiskBytes[] = [];
  const pieces = Math.floor(options.capacityBytes / PIECE_BYTES);
  for (let left = options.bytes, index = 0; left > 0; left -= PIECE_BYTES, index += 1) {
    const place = pseudoRandom(`${options.seed}:place:${index}`, 8).readUIntBE(0, 6);
    const offset = pieces === 0 ? 0 : (place % pieces) * PIECE_BYTES;
    const length = Math.min(PIECE_BYTES, left, options.capacityBytes - offset);
    writes.push({ offset, bytes: pseudoRandom(`${options.seed}:bytes:${index}`, length) });
  }
  return writes;
}

/** Applies all writes to one image: a snapshot sees all of them or none. @returns bytes written */
export async function writeDisk(image: string, writes: readonly DiskBytes[]): Promise<number> {
  await writeImage(image, writes);
  return writes.reduce((sum, write) => sum + write.bytes.length, 0);
}

/** Bytes that depend on the seed alone. */
function pseudoRandom(seed: string, length: number): Buffer {
  return Buffer.from(
    createHash('shake128', { outputLength: Math.max(length, 1) })
      .update(seed)
      .digest(),
  ).subarray(0, length);
}
