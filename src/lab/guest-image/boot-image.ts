import { execFile } from 'node:child_process';
import { mkdtemp, open, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MiB, MINUTE } from '../../base/units.ts';
import { guestInitramfs } from './initramfs.ts';
import { kernelPath, loaderPath } from './kernel.ts';
import { guidPartitionTable, masterBootRecord, SECTOR_BYTES, type Partition } from './partition-table.ts';

/**
 * A disk that a BIOS or a UEFI boots: one FAT partition with a boot loader, Debian's kernel and the system of
 * initramfs.ts. Made without loop devices and without being root. Needs the Debian packages syslinux and mtools.
 */

const run = promisify(execFile);

/** Where partitions begin by custom. */
const PARTITION: Partition = { atBytes: 1 * MiB, bytes: 40 * MiB };
const MASTER_BOOT_CODE = '/usr/lib/SYSLINUX/mbr.bin';

/**
 * What starts the disk. bios: syslinux, by a master boot record. uefi: Debian's GRUB, which only Debian has signed, so
 * secure boot refuses it. uefi-signed: the same behind the shim that Microsoft has signed.
 */
export type BootKind = 'bios' | 'uefi' | 'uefi-signed';

export interface BootImage {
  /** Folder of this program, with kernel and loaders in its cache. */
  readonly home: string;
  readonly path: string;
  /** Of the guest; letters, digits and hyphens. */
  readonly hostname: string;
  /** At least 42 MiB, whole sectors; what is behind the partition is empty. */
  readonly capacityBytes: number;
  /** bios unless said. */
  readonly boots?: BootKind;
  /** The system says nothing on its serial console, as one that nobody has told of it; off. */
  readonly isMute?: boolean;
}

/** The image appears under its name only when it is complete. */
export async function makeBootImage(image: BootImage): Promise<void> {
  const { home, path, capacityBytes, boots = 'bios' } = image;
  const dir = await mkdtemp(join(tmpdir(), 'boot-image-'));
  const part = `${path}.part`;
  try {
    const initrd = join(dir, 'initrd');
    await writeFile(initrd, guestInitramfs(home));
    await writeFile(part, '');
    await truncate(part, capacityBytes);
    const partition = `${part}@@${PARTITION.atBytes}`;
    await tool('mformat', ['-i', partition, ...GEOMETRY, '::']);
    await tool('mcopy', ['-i', partition, kernelPath(home), '::vmlinuz']);
    await tool('mcopy', ['-i', partition, initrd, '::initrd']);
    await (boots === 'bios' ? addSyslinux : addGrub)({ image, dir, part, partition });
    await rename(part, path);
  } finally {
    await rm(dir, { recursive: true, force: true });
    await rm(part, { force: true });
  }
}

/** Total sectors, hidden sectors before the partition, heads and sectors per track: what a BIOS expects of a disk. */
const GEOMETRY = [
  ...['-T', String(PARTITION.bytes / SECTOR_BYTES), '-H', String(PARTITION.atBytes / SECTOR_BYTES)],
  ...['-h', '255', '-s', '63'],
];

interface Unfinished {
  readonly image: BootImage;
  /** For files on their way. */
  readonly dir: string;
  readonly part: string;
  /** Of the file, as mtools name it. */
  readonly partition: string;
}

async function addSyslinux({ image, dir, part, partition }: Unfinished): Promise<void> {
  const config = join(dir, 'syslinux.cfg');
  await writeFile(config, syslinuxOf(image));
  await tool('mcopy', ['-i', partition, config, '::syslinux.cfg']);
  await tool('syslinux', ['--install', '--offset', String(PARTITION.atBytes), part]);
  await writeAt(part, [[0, masterBootRecord(await readFile(MASTER_BOOT_CODE), PARTITION)]]);
}

async function addGrub({ image, dir, part, partition }: Unfinished): Promise<void> {
  const config = join(dir, 'grub.cfg');
  await writeFile(config, grubOf(image));
  // Where Debian's signed GRUB looks for it is part of what is signed.
  await tool('mmd', ['-i', partition, '::EFI', '::EFI/BOOT', '::EFI/debian']);
  await tool('mcopy', ['-i', partition, config, '::EFI/debian/grub.cfg']);
  const grub = loaderPath(image.home, 'grubx64.efi');
  if (image.boots === 'uefi-signed') {
    await tool('mcopy', ['-i', partition, loaderPath(image.home, 'shimx64.efi'), '::EFI/BOOT/BOOTX64.EFI']);
    await tool('mcopy', ['-i', partition, grub, '::EFI/BOOT/grubx64.efi']);
  } else {
    await tool('mcopy', ['-i', partition, grub, '::EFI/BOOT/BOOTX64.EFI']);
  }
  const { first, last } = guidPartitionTable(image.capacityBytes, PARTITION);
  await writeAt(part, [
    [0, first],
    [image.capacityBytes - last.length, last],
  ]);
}

const syslinuxOf = (image: BootImage): string => `SERIAL 0 115200
DEFAULT linux
PROMPT 0
LABEL linux
  KERNEL vmlinuz
  INITRD initrd
  APPEND ${commandLineOf(image)}
`;

const grubOf = (image: BootImage): string => `set timeout=0
linux /vmlinuz ${commandLineOf(image)}
initrd /initrd
boot
`;

const commandLineOf = ({ hostname, isMute = false }: BootImage): string =>
  `${isMute ? '' : 'console=ttyS0 '}mitigations=off quiet migratekit.hostname=${hostname}`;

async function writeAt(path: string, parts: readonly (readonly [atBytes: number, bytes: Buffer])[]): Promise<void> {
  const file = await open(path, 'r+');
  try {
    for (const [atBytes, bytes] of parts) await file.write(bytes, 0, bytes.length, atBytes);
  } finally {
    await file.close();
  }
}

const tool = (program: string, args: readonly string[]): Promise<unknown> =>
  run(program, args, { timeout: MINUTE, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', MTOOLS_SKIP_CHECK: '1' } });
