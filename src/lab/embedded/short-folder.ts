import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Leaves room for the names of sockets below it: a socket path has 107 bytes. Source: unix(7). */
const PREFIX_BYTES_MAX = 40;

/** A new folder for sockets, in the temporary folder of the machine, or in /tmp when the path of that one is too long. */
export function makeShortFolder(prefix: string): Promise<string> {
  const base = Buffer.byteLength(tmpdir()) <= PREFIX_BYTES_MAX ? tmpdir() : '/tmp';
  return mkdtemp(join(base, prefix));
}
