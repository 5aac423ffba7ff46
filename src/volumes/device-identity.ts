import { readdir, stat } from 'node:fs/promises';

/** What a path really is, so that two paths, or a path and an open file, can be compared. */
export type DeviceIdentity = `block:${number}:${number}` | `file:${bigint}:${bigint}`;

export interface Identified {
  readonly identity: DeviceIdentity;
  /** Length of a regular file in bytes; undefined for a block device, whose inode does not know it. */
  readonly fileBytes: number | undefined;
}

/** Identity of a block device or regular file, links followed; undefined when it is neither, or is not there. */
export async function identify(path: string): Promise<Identified | undefined> {
  try {
    const found = await stat(path, { bigint: true });
    if (found.isBlockDevice()) return { identity: `block:${deviceNumber(found.rdev)}`, fileBytes: undefined };
    if (found.isFile()) return { identity: `file:${found.dev}:${found.ino}`, fileBytes: Number(found.size) };
    return undefined;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** `major:minor`. Source: glibc, sys/sysmacros.h, gnu_dev_major and gnu_dev_minor. */
export function deviceNumber(rdev: bigint): `${number}:${number}` {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n);
  return `${Number(major)}:${Number(minor)}`;
}

/** `major:minor` of a block identity. */
export const numberOf = (identity: DeviceIdentity): string => identity.slice('block:'.length);

/** Every block device and regular file that a process has open, by its /proc/<pid>/fd. */
export async function openedBy(pid: number): Promise<ReadonlySet<DeviceIdentity>> {
  const folder = `/proc/${pid}/fd`;
  const found = await Promise.all((await readdir(folder)).map((fd) => identify(`${folder}/${fd}`)));
  return new Set(found.flatMap((each) => (each === undefined ? [] : [each.identity])));
}

/** The file vanished between two looks at it: a link without a target, a closed descriptor, an unplugged disk. */
export function isGone(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENXIO' || code === 'ENODEV' || code === 'ENOTDIR';
}
