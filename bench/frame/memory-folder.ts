import { existsSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const MEMORY = '/dev/shm';

/** Memory that looks like a disk, where there is enough of it: a benchmark measures programs, not a shared disk. */
export const memoryFolder = (neededBytes: number): string => (memoryRoomBytes() > neededBytes ? MEMORY : tmpdir());

/** 0 where there is no such memory. */
export function memoryRoomBytes(): number {
  if (!existsSync(MEMORY)) return 0;
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize;
}
