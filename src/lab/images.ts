import { execFile } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { mkdir, open, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MiB } from '../base/units.ts';
import { makeBootImage, type BootImage } from './guest-image/boot-image.ts';
import { copyImage, writeImage, type DiskBytes } from './vcenter/disks/live-disk.ts';
import { BLOCK_BYTES } from './vcenter/disks/tracking.ts';

const run = promisify(execFile);

/** The disks of the lab's VMs: raw images with a real ext4 file system and real files, or with a system that boots. */

export interface LabDisk {
  /** Device key in its VM. */
  readonly key: number;
  readonly file: string;
  readonly capacityBytes: number;
  /** Bytes of random, incompressible files on it. */
  readonly dataBytes: number;
  /** A system that boots, in the place of files. */
  readonly system?: Pick<BootImage, 'home' | 'hostname' | 'boots'>;
}

/**
 * Two disks, neither of a whole number of GiB, so that the target is always a little larger than the source. The first
 * VM holds more than 256 MiB of files, further ones little: they are there to be many.
 */
export function labDisks(vmIndex: number): LabDisk[] {
  const factor = vmIndex === 0 ? 1 : 0.15;
  return [
    {
      key: 2000,
      file: 'system.img',
      capacityBytes: 736 * MiB,
      dataBytes: Math.round(208 * factor) * MiB,
    },
    {
      key: 2001,
      file: 'data.img',
      capacityBytes: 321 * MiB,
      dataBytes: Math.round(72 * factor) * MiB,
    },
  ];
}

/** Makes the images of a VM, or keeps what is there: an image appears under its name only when complete. */
export async function makeImages(folder: string, disks: readonly LabDisk[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const disk of disks) {
    const image = join(folder, disk.file);
    if (await exists(image)) continue;
    const { system, capacityBytes } = disk;
    if (system === undefined) await makeImage(image, disk);
    else await makeBootImage({ ...system, path: image, capacityBytes });
  }
}

async function makeImage(image: string, disk: LabDisk): Promise<void> {
  const tree = `${image}.tree`;
  const partial = `${image}.part`;
  await rm(tree, { recursive: true, force: true });
  await rm(partial, { force: true });
  try {
    await makeFiles(tree, disk.dataBytes);
    await writeFile(partial, '');
    await truncate(partial, disk.capacityBytes);
    await run('mkfs.ext4', ['-q', '-F', '-L', disk.file.replace(/\..*$/, ''), '-d', tree, partial], {
      env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' },
      timeout: 120_000,
    });
    await rename(partial, image);
  } finally {
    await rm(tree, { recursive: true, force: true });
    await rm(partial, { force: true });
  }
}

/** Files as a server has them: many small ones, some large ones. */
async function makeFiles(tree: string, dataBytes: number): Promise<void> {
  const large = 16 * MiB;
  const buffer = Buffer.alloc(large);
  await mkdir(join(tree, 'var/lib/app'), { recursive: true });
  await mkdir(join(tree, 'etc'), { recursive: true });
  for (let index = 0; index < 64; index += 1) {
    await writeFile(
      join(tree, 'etc', `service-${index}.conf`),
      `# service ${index}\nenabled = true\nport = ${9000 + index}\n`,
    );
  }
  for (let left = dataBytes, index = 0; left > 0; left -= large, index += 1) {
    const part = buffer.subarray(0, Math.min(large, left));
    randomFillSync(part);
    await writeFile(join(tree, 'var/lib/app', `segment-${String(index).padStart(4, '0')}`), part);
  }
}

/**
 * Adds a file to the ext4 file system of an image, as the VM would by working: what that changes is found out on a copy,
 * and written as any other write is.
 */
export async function addFile(image: string, file: { readonly name: string; readonly bytes: Buffer }): Promise<void> {
  const source = `${image}.${file.name}`;
  const copy = `${image}.copy`;
  try {
    await writeFile(source, file.bytes);
    await copyImage(image, copy);
    await run('debugfs', ['-w', '-R', `write ${source} ${file.name}`, copy], {
      env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin', DEBUGFS_PAGER: 'cat' },
      timeout: 60_000,
    });
    await writeImage(image, await differences(image, copy));
  } finally {
    await rm(source, { force: true });
    await rm(copy, { force: true });
  }
}

/** What has to be written to `image` to make it like `copy`, in blocks of tracking. */
async function differences(image: string, copy: string): Promise<DiskBytes[]> {
  const found: DiskBytes[] = [];
  const [old, changed] = [await open(image), await open(copy)];
  try {
    const [before, after] = [Buffer.alloc(4 * MiB), Buffer.alloc(4 * MiB)];
    const { size } = await changed.stat();
    for (let offset = 0; offset < size; offset += after.length) {
      const { bytesRead } = await changed.read(after, 0, after.length, offset);
      await old.read(before, 0, before.length, offset);
      found.push(...differing(before, after.subarray(0, bytesRead), offset));
    }
  } finally {
    await old.close();
    await changed.close();
  }
  return found;
}

/** Blocks of `after` that are not as in `before`; both begin at `offset` of the disk. */
function differing(before: Buffer, after: Buffer, offset: number): DiskBytes[] {
  const found: DiskBytes[] = [];
  for (let at = 0; at < after.length; at += BLOCK_BYTES) {
    const bytes = after.subarray(at, at + BLOCK_BYTES);
    if (bytes.equals(before.subarray(at, at + bytes.length))) continue;
    found.push({ offset: offset + at, bytes: Buffer.from(bytes) });
  }
  return found;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
