import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MiB, MINUTE } from '../../base/units.ts';
import { guestInitramfs } from './initramfs.ts';
import { kernelPath } from './kernel.ts';

/**
 * A disk that a BIOS boots: a master boot record, and one FAT partition with syslinux, Debian's kernel and the system of
 * initramfs.ts. Made without loop devices and without being root. Needs the Debian packages syslinux and mtools.
 */

const run = promisify(execFile);

const SECTOR_BYTES = 512;
/** Where partitions begin by custom. */
const PARTITION_AT = 1 * MiB;
const PARTITION_BYTES = 40 * MiB;

const MASTER_BOOT_CODE = '/usr/lib/SYSLINUX/mbr.bin';
/** A FAT with long names, bootable. Source: the partition types of the master boot record. */
const TYPE_FAT16_LBA = 0x0e;

export interface BootImage {
  /** Folder of this program, with the kernel in its cache. */
  readonly home: string;
  readonly path: string;
  /** Of the guest; letters, digits and hyphens. */
  readonly hostname: string;
  /** At least 41 MiB; what is behind the partition is empty. */
  readonly capacityBytes: number;
}

/** The image appears under its name only when it is complete. */
export async function makeBootImage({ home, path, hostname, capacityBytes }: BootImage): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'boot-image-'));
  const part = `${path}.part`;
  try {
    const initrd = join(dir, 'initrd');
    const config = join(dir, 'syslinux.cfg');
    await writeFile(initrd, guestInitramfs(home));
    await writeFile(config, configOf(hostname));
    await writeFile(part, await masterBootRecord());
    await truncate(part, capacityBytes);
    const partition = `${part}@@${PARTITION_AT}`;
    await tool('mformat', ['-i', partition, ...GEOMETRY, '::']);
    await tool('mcopy', ['-i', partition, config, '::syslinux.cfg']);
    await tool('mcopy', ['-i', partition, kernelPath(home), '::vmlinuz']);
    await tool('mcopy', ['-i', partition, initrd, '::initrd']);
    await tool('syslinux', ['--install', '--offset', String(PARTITION_AT), part]);
    await rename(part, path);
  } finally {
    await rm(dir, { recursive: true, force: true });
    await rm(part, { force: true });
  }
}

/** Total sectors, hidden sectors before the partition, heads and sectors per track: what a BIOS expects of a disk. */
const GEOMETRY = [
  ...['-T', String(PARTITION_BYTES / SECTOR_BYTES), '-H', String(PARTITION_AT / SECTOR_BYTES)],
  ...['-h', '255', '-s', '63'],
];

const configOf = (hostname: string): string => `SERIAL 0 115200
DEFAULT linux
PROMPT 0
LABEL linux
  KERNEL vmlinuz
  INITRD initrd
  APPEND console=ttyS0 mitigations=off quiet migratekit.hostname=${hostname}
`;

/** Boot code, and a table of one active partition. */
async function masterBootRecord(): Promise<Buffer> {
  const record = Buffer.alloc(SECTOR_BYTES);
  (await readFile(MASTER_BOOT_CODE)).copy(record, 0, 0, 440);
  const entry = 446;
  record.writeUInt8(0x80, entry);
  // No cylinders and heads: everything looks at the sectors below.
  record.fill(0xff, entry + 1, entry + 8);
  record.writeUInt8(TYPE_FAT16_LBA, entry + 4);
  record.writeUInt32LE(PARTITION_AT / SECTOR_BYTES, entry + 8);
  record.writeUInt32LE(PARTITION_BYTES / SECTOR_BYTES, entry + 12);
  record.writeUInt16LE(0xaa55, 510);
  return record;
}

const tool = (program: string, args: readonly string[]): Promise<unknown> =>
  run(program, args, { timeout: MINUTE, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', MTOOLS_SKIP_CHECK: '1' } });
