import { randomUUID } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { z } from 'zod';
import { precondition } from '../../base/errors.ts';
import { KiB } from '../../base/units.ts';
import { errnoOf, writeFileDurably } from '../durable-files.ts';
import { ImageFormat } from '../folder-contract.ts';
import { isPlainName, type VmFolder } from './locate.ts';

/**
 * vm.json beside the images: who the VM is and which file is which disk. Made from the files that are found when it
 * is absent; a file that appears later gets the next free number. A number once given stays with its file name,
 * because it is the identity of the disk on the OMA. To take a disk away, remove its entry and its file.
 */
const DESCRIPTOR_FILE = 'vm.json';

// Fields of others are kept: the file is also the user's.
const DescriptorDisk = z.looseObject({
  disk_id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/),
  file: z.string().refine(isPlainName, 'must be the name of a file in this folder'),
  format: ImageFormat,
  unit_number: z.int().min(0),
  label: z.string().min(1).max(191),
});
export type DescriptorDisk = z.output<typeof DescriptorDisk>;

const Descriptor = z.looseObject({
  uuid: z.uuid().toLowerCase(),
  name: z.string().min(1).max(255),
  disks: z.array(DescriptorDisk).max(256),
  cpus: z.int().positive().optional(),
  memory_mb: z.int().positive().optional(),
  os_type: z.string().min(1).max(255).optional(),
  networks: z.array(z.object({ name: z.string().min(1), mac_address: z.string().optional() })).optional(),
});
export type Descriptor = z.output<typeof Descriptor>;

const FORMAT_OF: Readonly<Record<string, ImageFormat>> = {
  '.img': 'raw',
  '.raw': 'raw',
  '.qcow2': 'qcow2',
  '.vmdk': 'vmdk',
};
/** Parts of a VMDK, not disks: its extents, redo logs, change tracking files. */
const VMDK_PART = /-(flat|rdm|rdmp|sesparse|delta|ctk|[sf]\d{3}|\d{6})\.vmdk$/i;
const FIRST_DISK_NUMBER = 2000;
const DESCRIPTOR_BYTES_MAX = 256 * KiB;

/** Two readers of one folder at once must not give two numbers to one file. */
const turns = new Map<string, Promise<unknown>>();

/** The descriptor of the folder, written first where something is new. @throws precondition `source.descriptor-invalid` */
export async function readDescriptor(folder: VmFolder): Promise<Descriptor> {
  const turn = (turns.get(folder.path) ?? Promise.resolve()).then(() => refresh(folder));
  const settled = turn.catch(() => undefined);
  turns.set(folder.path, settled);
  try {
    return await turn;
  } finally {
    if (turns.get(folder.path) === settled) turns.delete(folder.path);
  }
}

async function refresh(folder: VmFolder): Promise<Descriptor> {
  const stored = await load(folder);
  const known = stored ?? { uuid: randomUUID(), name: folder.name, disks: [] };
  const disks = withNewFiles(known.disks, await imageFiles(folder));
  if (stored !== undefined && disks.length === stored.disks.length) return stored;
  const descriptor = { ...known, disks };
  try {
    await writeFileDurably(join(folder.path, DESCRIPTOR_FILE), `${JSON.stringify(descriptor, null, 2)}\n`);
  } catch (cause) {
    throw precondition('source.folder-read-only', `${DESCRIPTOR_FILE} cannot be written into the folder of the VM`, {
      cause,
      details: { path: folder.path, reason: errnoOf(cause) },
      hint: 'the VMA keeps the identity of the VM and its lock file beside the images: give it the right to write there',
    });
  }
  return descriptor;
}

/** Pure: `known` and, in the order of their names, the files that are not in it yet. */
export function withNewFiles(known: readonly DescriptorDisk[], files: readonly string[]): DescriptorDisk[] {
  const disks = [...known];
  const numberOf = (disk: DescriptorDisk): number => Number(/^disk-(\d{1,9})$/.exec(disk.disk_id)?.[1] ?? -1);
  for (const file of files.toSorted()) {
    const format = FORMAT_OF[extname(file).toLowerCase()];
    if (format === undefined || disks.some((disk) => disk.file === file)) continue;
    const number = Math.max(FIRST_DISK_NUMBER - 1, ...disks.map(numberOf)) + 1;
    const unit = Math.max(-1, ...disks.map((disk) => disk.unit_number)) + 1;
    disks.push({ disk_id: `disk-${number}`, file, format, unit_number: unit, label: `Hard disk ${disks.length + 1}` });
  }
  return disks;
}

async function imageFiles(folder: VmFolder): Promise<string[]> {
  const entries = await readdir(folder.path, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && isPlainName(entry.name) && !VMDK_PART.test(entry.name))
    .map((entry) => entry.name);
}

async function load(folder: VmFolder): Promise<Descriptor | undefined> {
  const path = join(folder.path, DESCRIPTOR_FILE);
  try {
    const stat = await lstat(path);
    if (!stat.isFile() || stat.size > DESCRIPTOR_BYTES_MAX) throw new Error('it is not a small regular file');
    const descriptor = Descriptor.parse(JSON.parse(await readFile(path, 'utf8')));
    for (const key of ['disk_id', 'file'] as const) {
      const values = new Set(descriptor.disks.map((disk) => disk[key]));
      if (values.size !== descriptor.disks.length) throw new Error(`two disks have the same ${key}`);
    }
    return descriptor;
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined;
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : cause instanceof Error ? cause.message : '';
    throw precondition('source.descriptor-invalid', `${DESCRIPTOR_FILE} of ${folder.name} cannot be used: ${reason}`, {
      cause,
      details: { path },
      hint: 'mend the file; or delete it, then it is made anew and every disk is copied in full once',
    });
  }
}
