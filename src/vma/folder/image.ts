import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type AppError, conflict, notFound, precondition, upstream } from '../../base/errors.ts';
import { GiB, SECOND } from '../../base/units.ts';
import { runTool } from '../child-process.ts';
import { errnoOf } from '../durable-files.ts';
import type { DescriptorDisk } from './descriptor.ts';
import { QCOW2_HEADER_BYTES, qcow2Refusal } from './qcow2-header.ts';
import { readVmdk, sparseExtentRefusal, VMDK_HEAD_BYTES } from './vmdk-files.ts';

/**
 * May this image be a source, and which files is it? The format is what vm.json says, never guessed from the content:
 * a guest can write any header into its raw disk. Headers are judged by our own code before qemu opens an image.
 */

export interface ImageFiles {
  /** Names in the VM's folder; the image itself comes first. */
  readonly files: readonly string[];
  /** Size of the disk as its guest sees it. */
  readonly capacityBytes: number;
}

const INFO_DEADLINE_MS = 60 * SECOND;
const SECTOR = 512;
/** More than any VMDK may have (62 TB); what states more is broken or means harm: its index alone would fill disks. */
const CAPACITY_BYTES_MAX = 64 * 1024 * GiB;
const infoSchema = z.object({
  'virtual-size': z.number().min(0),
  encrypted: z.boolean().optional(),
  'backing-filename': z.string().optional(),
});

/** @throws precondition `source.image-refused` */
export function imageRefused(disk: DescriptorDisk, reason: string): AppError {
  return precondition('source.image-refused', `${disk.file} cannot be a source: ${reason}`, {
    details: { disk_id: disk.disk_id, file: disk.file, format: disk.format },
    hint: 'a source is one self-contained raw, qcow2 or vmdk image in the folder of its VM; qemu-img convert makes one',
  });
}

/**
 * Looks at the files of one disk without letting qemu interpret anything that the header check has not admitted.
 * A raw image must be a multiple of 512 bytes: NBD servers would round it down and lose its tail.
 * @throws precondition `source.image-missing`, `source.image-refused`
 */
export async function inspectImage(folder: string, disk: DescriptorDisk): Promise<ImageFiles> {
  const size = await regularSize(folder, disk, disk.file);
  if (disk.format === 'raw') {
    if (size % SECTOR !== 0) throw imageRefused(disk, `its size ${size} is not a multiple of ${SECTOR} bytes`);
    return { files: [disk.file], capacityBytes: size };
  }
  const files = [disk.file];
  if (disk.format === 'qcow2') {
    const refusal = qcow2Refusal(await head(join(folder, disk.file), QCOW2_HEADER_BYTES));
    if (refusal !== undefined) throw imageRefused(disk, refusal);
  } else {
    files.push(...(await vmdkExtents(folder, disk)));
  }
  return { files, capacityBytes: await virtualSize(folder, disk) };
}

/** @throws conflict `source.image-locked` when another process has the file open for writing under qemu's locks. */
export async function refuseLocked(folder: string, disk: DescriptorDisk, file: string): Promise<void> {
  const path = join(folder, file).replaceAll(',', ',,');
  // A raw image is opened by qemu without a claim of its own: this layer adds "nobody else may write" and reads nothing.
  // Source: QEMU docs/system/images, "image locking"; block/blkdebug.c, unshare-child-perms.
  const node = `driver=blkdebug,unshare-child-perms.0=write,image.driver=file,image.filename=${path}`;
  const args = ['info', '--output=json', '--image-opts', node];
  const run = await runTool({ program: 'qemu-img', args, deadlineMs: INFO_DEADLINE_MS });
  if (run.code === 0) return;
  if (/Failed to get .*lock|Is another process using the image/i.test(run.stderr)) {
    throw conflict('source.image-locked', `${file} is in use by another process`, {
      details: { disk_id: disk.disk_id, file },
      hint: 'shut down the VM that runs on this image, then ask again',
    });
  }
  throw imageRefused(disk, 'it cannot be opened');
}

async function vmdkExtents(folder: string, disk: DescriptorDisk): Promise<string[]> {
  const found = readVmdk(await head(join(folder, disk.file), VMDK_HEAD_BYTES));
  if ('refusal' in found) throw imageRefused(disk, found.refusal);
  for (const extent of found.extents) {
    if (extent.file === disk.file) throw imageRefused(disk, 'it names itself as an extent');
    await regularSize(folder, disk, extent.file);
    if (!extent.sparse) continue;
    const refusal = sparseExtentRefusal(await head(join(folder, extent.file), SECTOR));
    if (refusal !== undefined) throw imageRefused(disk, refusal);
  }
  return found.extents.map((extent) => extent.file);
}

/** Without --force-share: an image that somebody writes to is refused. */
async function virtualSize(folder: string, disk: DescriptorDisk): Promise<number> {
  const args = ['info', '--output=json', '-f', disk.format, join(folder, disk.file)];
  const run = await runTool({ program: 'qemu-img', args, deadlineMs: INFO_DEADLINE_MS });
  if (run.code !== 0) {
    if (/Failed to get .*lock/i.test(run.stderr)) await refuseLocked(folder, disk, disk.file);
    throw imageRefused(disk, 'qemu-img cannot read it');
  }
  const info = infoSchema.safeParse(parseJson(run.stdout));
  if (!info.success) throw upstream('source.tool-failed', 'qemu-img info answered in a form that is not known');
  if (info.data.encrypted === true) throw imageRefused(disk, 'it is encrypted');
  if (info.data['backing-filename'] !== undefined) throw imageRefused(disk, 'it has a backing file');
  const size = info.data['virtual-size'];
  if (size === 0 || size % SECTOR !== 0 || size > CAPACITY_BYTES_MAX) {
    throw imageRefused(disk, `its virtual size is ${size} bytes`);
  }
  return size;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function regularSize(folder: string, disk: DescriptorDisk, file: string): Promise<number> {
  try {
    const stat = await lstat(join(folder, file));
    if (!stat.isFile()) throw imageRefused(disk, `${file} is not a regular file`);
    if (stat.size === 0) throw imageRefused(disk, `${file} is empty`);
    if (stat.size > CAPACITY_BYTES_MAX) throw imageRefused(disk, `${file} is too large`);
    return stat.size;
  } catch (cause) {
    if (errnoOf(cause) !== 'ENOENT') throw cause;
    throw precondition('source.image-missing', `${file} is not in the folder of the VM`, {
      cause,
      details: { disk_id: disk.disk_id, file },
      hint: 'put the file back; or remove the disk from vm.json when the VM no longer has it',
    });
  }
}

async function head(path: string, lengthBytes: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(lengthBytes);
    const { bytesRead } = await file.read(buffer, 0, lengthBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** @throws not-found `source.disk-unknown` */
export function diskOf(disks: readonly DescriptorDisk[], diskId: string): DescriptorDisk {
  const disk = disks.find((candidate) => candidate.disk_id === diskId);
  if (disk !== undefined) return disk;
  throw notFound('source.disk-unknown', `the VM has no disk ${diskId}`, {
    details: { disk_id: diskId, known: disks.map((candidate) => candidate.disk_id) },
    hint: 'GET /folder-vms/{name} lists the disks',
  });
}
