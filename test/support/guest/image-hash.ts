import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { MiB } from '../../../src/base/units.ts';

/** Of as much of a disk as a guest of the lab hashes of it (src/lab/guest-image/initramfs.ts). */
export async function hashOf8MiB(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(8 * MiB), 0, 8 * MiB, 0);
    return createHash('sha256').update(buffer).digest('hex');
  } finally {
    await file.close();
  }
}
