import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isGone } from './device-identity.ts';

/** What the kernel says about a block device: size, use, partitions. Files of sysfs and procfs, read as they are. */

/** Unit of /sys/.../size whatever the device's own sector is. Source: Linux, Documentation/ABI/stable/sysfs-block. */
const SECTOR_BYTES = 512;

/** Where the kernel tells of the device with this `major:minor`. */
export const sysfs = (number: string): string => `/sys/dev/block/${number}`;

/** Size in bytes; 0 while the device is coming up or gone. */
export async function blockSize(number: string): Promise<number> {
  return Number((await textOf(join(sysfs(number), 'size'))) ?? 0) * SECTOR_BYTES;
}

/**
 * Why nobody else may write to this disk, or undefined when it is free: mounted, swap, held by LVM, RAID or dm, a
 * partition, read-only. Its partitions count as the disk.
 */
export async function inUse(number: string, path: string): Promise<string | undefined> {
  const folder = sysfs(number);
  if ((await textOf(join(folder, 'partition'))) !== undefined) return 'it is a partition, not a disk';
  if ((await textOf(join(folder, 'ro')))?.trim() === '1') return 'it is read-only';
  const parts = await partitions(folder);
  const numbers = [number, ...parts.map((part) => part.number)];
  const held = await Promise.all([folder, ...parts.map((part) => part.folder)].map(holders));
  if (held.flat().length > 0) return `it is held by ${held.flat().join(', ')}`;
  const names = [path, ...parts.map((part) => `/dev/${part.name}`)];
  if (isMounted((await textOf('/proc/self/mountinfo')) ?? '', { numbers, names })) return 'it is mounted';
  if (await isSwap(names)) return 'it is swap space';
  return undefined;
}

/**
 * Whether one of these devices is mounted. Field 3 of a line is the device number; file systems with anonymous numbers
 * (btrfs) show the device only as the source, second after the separator. Source: proc(5), /proc/pid/mountinfo.
 */
export function isMounted(mountinfo: string, of: { numbers: readonly string[]; names: readonly string[] }): boolean {
  return mountinfo.split('\n').some((line) => {
    const [before = '', after = ''] = line.split(' - ');
    return of.numbers.includes(before.split(' ')[2] ?? '') || of.names.includes(after.split(' ')[1] ?? '');
  });
}

async function isSwap(names: readonly string[]): Promise<boolean> {
  const lines = ((await textOf('/proc/swaps')) ?? '').split('\n').slice(1);
  const paths = lines.flatMap((line) => line.split(/\s+/)[0] ?? []).filter((path) => path.startsWith('/'));
  const real = await Promise.all(paths.map((path) => realpath(path).catch(() => path)));
  return real.some((path) => names.includes(path));
}

interface Partition {
  readonly name: string;
  readonly folder: string;
  readonly number: string;
}

async function partitions(folder: string): Promise<Partition[]> {
  const found: Partition[] = [];
  for (const name of await namesIn(folder)) {
    const inside = join(folder, name);
    if ((await textOf(join(inside, 'partition'))) === undefined) continue;
    found.push({ name, folder: inside, number: ((await textOf(join(inside, 'dev'))) ?? '').trim() });
  }
  return found;
}

const holders = (folder: string): Promise<string[]> => namesIn(join(folder, 'holders'));

export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}
