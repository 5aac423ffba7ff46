import { accessSync, constants, mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GiB } from '../../src/base/units.ts';

const MEMORY = '/dev/shm';
/** A MariaDB of the tests has about 100 MiB, and some run at once. */
const ROOM_BYTES = 2 * GiB;

/**
 * A new folder for the data of test servers: in memory where there is room, because the virtual disk of a test machine
 * may hold a write up for seconds. Whoever asks removes it.
 */
export function makeServerFolder(prefix: string): string {
  return mkdtempSync(join(hasRoom() ? MEMORY : tmpdir(), prefix));
}

function hasRoom(): boolean {
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ROOM_BYTES;
  } catch {
    // It is not there, or not for us.
    return false;
  }
}
