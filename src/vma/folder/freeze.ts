import { chmod, copyFile, constants, lstat, mkdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type AppError, precondition, upstream } from '../../base/errors.ts';
import { formatBytes, KiB, MINUTE, SECOND } from '../../base/units.ts';
import { runTool, type ToolResult } from '../child-process.ts';
import { errnoOf, syncPath } from '../durable-files.ts';
import type { DescriptorDisk } from './descriptor.ts';
import { type ImageFiles, imageRefused, inspectImage, refuseLocked } from './image.ts';
import { folderLockOf, withFileLock } from './lock.ts';
import type { VmFolder } from './locate.ts';

/**
 * Freezing: all disks of a VM are copied under one lock (a reflink where the file system can, else a sparse copy), so
 * that they show one moment. What is served later is a raw file that only we have: a qcow2 or vmdk copy is converted,
 * which costs a second write of its data and keeps everything after it simple.
 */

export interface FreezeRequest {
  readonly folder: VmFolder;
  readonly disks: readonly DescriptorDisk[];
  /** Existing empty folder of ours; afterwards it holds one raw file per disk, named by `frozenName`. */
  readonly into: string;
  /** This much stays free on the file system of `into`. */
  readonly reserveBytes: number;
  readonly lockTimeoutMs: number;
  readonly signal: AbortSignal;
}

export interface FrozenDisk {
  readonly disk: DescriptorDisk;
  readonly path: string;
  readonly capacityBytes: number;
}

const frozenName = (index: number): string => `disk-${index}.raw`;

/** A copy that moves less than this is not slow but stuck. */
const SLOWEST_BYTES_PER_MS = 2 * KiB;

/**
 * @throws precondition `source.image-missing`, `source.image-refused`, `source.no-space`; conflict `source.image-locked`;
 * busy `source.folder-busy`; upstream `source.image-changed`, `source.tool-failed`, `source.tool-timeout`
 */
export async function freezeDisks(request: FreezeRequest): Promise<FrozenDisk[]> {
  const copies = join(request.into, 'copy');
  await mkdir(copies, { mode: 0o700 });
  const lock = { timeoutMs: request.lockTimeoutMs, signal: request.signal };
  const seen = await withFileLock(folderLockOf(request.folder.path), lock, (signal) =>
    copyAll({ ...request, signal }, copies),
  );
  const frozen: FrozenDisk[] = [];
  for (const [index, disk] of request.disks.entries()) {
    const path = join(request.into, frozenName(index));
    // Again, on the copy that nobody else can change: what was admitted is what is used.
    const copy = await inspectImage(copies, disk);
    if (copy.files.join('/') !== seen[index]?.files.join('/')) throw changed(disk.file);
    if (disk.format === 'raw') await rename(join(copies, disk.file), path);
    else await convert({ disk, from: join(copies, disk.file), to: path, signal: request.signal });
    await chmod(path, 0o400);
    await syncPath(path);
    const { size } = await stat(path);
    if (size !== copy.capacityBytes) throw imageRefused(disk, `its copy has ${size} bytes, not ${copy.capacityBytes}`);
    frozen.push({ disk, path, capacityBytes: size });
  }
  await rm(copies, { recursive: true });
  await syncPath(request.into);
  return frozen;
}

async function copyAll(request: FreezeRequest, copies: string): Promise<ImageFiles[]> {
  const { folder, disks, signal } = request;
  const images: ImageFiles[] = [];
  for (const disk of disks) {
    const image = await inspectImage(folder.path, disk);
    for (const file of image.files) await refuseLocked(folder.path, disk, file);
    images.push(image);
  }
  const files = images.flatMap((image) => image.files);
  if (new Set(files).size !== files.length) {
    throw precondition('source.image-refused', 'two disks of the VM share a file', { details: { files } });
  }
  const before = await fingerprints(folder.path, files);
  await requireSpace(request, files);
  const bytes = before.reduce((sum, file) => sum + file.size, 0);
  const run = await runTool({
    program: 'cp',
    args: [
      '--reflink=auto',
      '--sparse=always',
      '--no-dereference',
      '--',
      ...files.map((f) => join(folder.path, f)),
      copies,
    ],
    deadlineMs: deadlineFor(bytes),
    signal,
  });
  if (run.code !== 0) throw toolFailed('cp', run);
  const after = await fingerprints(folder.path, files);
  for (const [index, file] of before.entries()) {
    if (after[index]?.text !== file.text) throw changed(file.name);
  }
  for (const [index, disk] of disks.entries()) {
    for (const file of images[index]?.files ?? []) await refuseLocked(folder.path, disk, file);
  }
  return images;
}

const deadlineFor = (bytes: number): number => 10 * MINUTE + Math.ceil(bytes / SLOWEST_BYTES_PER_MS);

async function convert(step: { disk: DescriptorDisk; from: string; to: string; signal: AbortSignal }): Promise<void> {
  const { size } = await stat(step.from);
  const args = ['convert', '-f', step.disk.format, '-O', 'raw', '-S', '64k', step.from, step.to];
  // A small compressed image may become a large raw one.
  const deadlineMs = deadlineFor(size) * 4;
  const run = await runTool({ program: 'qemu-img', args, deadlineMs, signal: step.signal });
  if (run.code !== 0) throw toolFailed('qemu-img', run);
}

interface Fingerprint {
  readonly name: string;
  readonly size: number;
  readonly text: string;
}

/** Changes when somebody writes to the file, with or without the lock. */
async function fingerprints(folder: string, files: readonly string[]): Promise<Fingerprint[]> {
  return Promise.all(
    files.map(async (name) => {
      const { ino, size, mtimeNs } = await lstat(join(folder, name), { bigint: true });
      return { name, size: Number(size), text: `${ino}.${size}.${mtimeNs}` };
    }),
  );
}

function changed(file: string): AppError {
  return upstream('source.image-changed', `${file} was written to while it was copied`, {
    details: { file },
    hint: 'whoever writes to the images must hold the lock file of the folder, or the VM must be shut down',
  });
}

/** Reflinks need no space; a copy needs what is allocated now, and a conversion about as much again. */
async function requireSpace(request: FreezeRequest, files: readonly string[]): Promise<void> {
  if (await canReflink(request, files)) return;
  const space = await statfs(request.into);
  const freeBytes = space.bavail * space.bsize;
  let neededBytes = request.reserveBytes;
  for (const file of files) {
    const { blocks } = await stat(join(request.folder.path, file));
    const isRaw = request.disks.some((disk) => disk.file === file && disk.format === 'raw');
    neededBytes += blocks * 512 * (isRaw ? 1 : 2);
  }
  if (freeBytes < neededBytes)
    throw noSpace(request.into, `${formatBytes(freeBytes)} free, ${formatBytes(neededBytes)} needed`);
}

async function canReflink(request: FreezeRequest, files: readonly string[]): Promise<boolean> {
  const [first] = files;
  if (first === undefined || request.disks.some((disk) => disk.format !== 'raw')) return false;
  const probe = join(request.into, 'reflink-probe');
  try {
    await copyFile(join(request.folder.path, first), probe, constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    return false;
  } finally {
    await rm(probe, { force: true });
  }
}

function noSpace(path: string, reason: string): AppError {
  return precondition('source.no-space', `there is not enough space to freeze the disks: ${reason}`, {
    details: { path },
    hint: 'free space on the file system of MIGRATEKIT_STATE_DIR of the VMA, or move it to a larger one',
  });
}

/** What a failed tool means. */
export function toolFailed(program: string, run: Omit<ToolResult, 'stdout'>): AppError {
  if (/No space left on device|Disk quota exceeded/i.test(run.stderr)) return noSpace('', 'the disk is full');
  return upstream('source.tool-failed', `${program} failed with status ${run.code}`, {
    details: { program, status: run.code, stderr: run.stderr.slice(-500) },
    hint: 'details.stderr has the words of the program',
  });
}

/** What a system call on images or on our own files means: full disk, storage that fails, rights that are missing. */
export function fromSystemError(thrown: unknown): unknown {
  const errno = errnoOf(thrown);
  if (errno === undefined) return thrown;
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return noSpace('', 'the disk is full');
  return upstream('source.io-failed', `the VMA cannot read or write its files: ${errno}`, {
    cause: thrown,
    details: { errno },
    hint: 'check the rights and the health of the storage of the images and of MIGRATEKIT_STATE_DIR on the VMA',
  });
}

export const LOCK_TIMEOUT_MS = 30 * SECOND;
