import { execFile } from 'node:child_process';
import { randomFillSync, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { MiB } from '../base/units.ts';

const run = promisify(execFile);

/** The disks of the lab's VMs: raw images with a real ext4 file system and real files. */

export interface LabDisk {
  readonly diskId: string;
  readonly file: string;
  readonly capacityBytes: number;
  /** Bytes of random, incompressible files on it. */
  readonly dataBytes: number;
  readonly label: string;
}

/**
 * Two disks, neither of a whole number of GiB, so that the target is always a little larger than the source. The first
 * VM holds more than 256 MiB of files, further ones little: they are there to be many.
 */
export function labDisks(vmIndex: number): LabDisk[] {
  const factor = vmIndex === 0 ? 1 : 0.15;
  return [
    {
      diskId: 'disk-2000',
      file: 'system.img',
      capacityBytes: 736 * MiB,
      dataBytes: Math.round(208 * factor) * MiB,
      label: 'Hard disk 1',
    },
    {
      diskId: 'disk-2001',
      file: 'data.img',
      capacityBytes: 321 * MiB,
      dataBytes: Math.round(72 * factor) * MiB,
      label: 'Hard disk 2',
    },
  ];
}

/** Makes the VM's folder with its images, or keeps what is there: an image appears under its name only when complete. */
export async function makeVmFolder(folder: string, disks: readonly LabDisk[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const disk of disks) {
    const image = join(folder, disk.file);
    if (!(await exists(image))) await makeImage(image, disk);
  }
  const description = join(folder, 'vm.json');
  if (!(await exists(description))) await writeFile(description, JSON.stringify(describe(folder, disks), null, 2));
}

/** What the VMA reads about the VM. Without it the VMA would number the disks by the names of their files. */
function describe(folder: string, disks: readonly LabDisk[]): object {
  return {
    uuid: randomUUID(),
    name: basename(folder),
    cpus: 2,
    memory_mb: 2048,
    os_type: 'linux',
    networks: [{ name: 'VM Network' }],
    disks: disks.map((disk, index) => ({
      disk_id: disk.diskId,
      file: disk.file,
      format: 'raw',
      unit_number: index,
      label: disk.label,
    })),
  };
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

/** Adds a file to the ext4 file system of an image, as the VM would by working. */
export async function addFile(image: string, file: { readonly name: string; readonly bytes: Buffer }): Promise<void> {
  const source = `${image}.${file.name}`;
  await writeFile(source, file.bytes);
  try {
    await run('debugfs', ['-w', '-R', `write ${source} ${file.name}`, image], {
      env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin', DEBUGFS_PAGER: 'cat' },
      timeout: 60_000,
    });
  } finally {
    await rm(source, { force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Writes `bytes` at `offset` of an image and makes them durable. Nothing outside the image's size is written. */
export async function writeAt(
  image: string,
  change: { readonly offset: number; readonly bytes: Buffer },
): Promise<void> {
  const handle = await open(image, 'r+');
  try {
    await handle.write(change.bytes, 0, change.bytes.length, change.offset);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
