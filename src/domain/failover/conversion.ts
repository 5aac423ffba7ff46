import { z } from 'zod';

/** Making a guest fit for KVM before it is started there: what was found on its disks, and what was done. Pure. */

export const GuestSystem = z.object({
  /** linux, windows, freebsd, ... as libguestfs names it. */
  kind: z.string(),
  /** debian, rhel, windows, ...; empty where it is not known. */
  distribution: z.string(),
  /** As the system calls itself. */
  productName: z.string(),
});
export type GuestSystem = z.output<typeof GuestSystem>;

export const Conversion = z.object({
  outcome: z.enum(['converted', 'skipped']),
  /** A sentence for people. */
  reason: z.string(),
  /** Undetermined where no system was found, or nobody looked. */
  osInfo: GuestSystem.nullable(),
  /** The volume that the firmware has to boot from, found by what is on it; null where that cannot be told. */
  rootVolumeId: z.string().nullable(),
});
export type Conversion = z.output<typeof Conversion>;

/** What vSphere says about the guest, guestId or full name, means Windows. Source: VirtualMachineGuestOsIdentifier. */
export const saysWindows = (osHint: string | null): boolean => /^win|windows/i.test(osHint ?? '');

export interface InspectedSystem extends GuestSystem {
  /** Device of its root file system, in the names of libguestfs: /dev/sda1, /dev/vg/root, btrfsvol:/dev/sda2/root. */
  readonly root: string;
  /** Mount point to device. */
  readonly mounts: Readonly<Record<string, string>>;
}

/** Firmware starts what is mounted there. */
const BOOT_MOUNTS = ['/boot/efi', '/boot', '/'];

/** A subvolume of btrfs has its own path behind that of the device. Source: guestfs(3), "Mountables". */
const ON_DISK = /^(?:btrfsvol:)?\/dev\/[shv]d([a-z]{1,2})\d*(?:\/.*)?$/;

/** Index of the disk that the system boots from; undefined where it is on logical volumes only. */
export function bootDiskOf({ root, mounts }: InspectedSystem): number | undefined {
  for (const device of [...BOOT_MOUNTS.map((mount) => mounts[mount]), root]) {
    const [, letters] = ON_DISK.exec(device ?? '') ?? [];
    if (letters !== undefined) return diskIndex(letters);
  }
  return undefined;
}

/**
 * What a person has to see to, as the end of a sentence: names of disks by letter go by unit order in what virt-v2v writes
 * to an fstab (/dev/sdb1 becomes /dev/vdb1), and the cloud puts the disk that boots before all others.
 * Source: virt-v2v, convert/convert_linux.ml, remap_block_devices.
 */
export const letterAdvice = (bootDisk: number | undefined): string =>
  bootDisk === undefined || bootDisk === 0
    ? ''
    : `; it boots from its disk ${bootDisk + 1}, which becomes the first: its fstab has to name disks by UUID`;

const A = 'a'.charCodeAt(0);

/** a is 0, z is 25, aa is 26. */
const diskIndex = (letters: string): number =>
  [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - A + 1, 0) - 1;

/** The other way round. */
export const diskLetters = (index: number): string =>
  index < 26
    ? String.fromCharCode(A + index)
    : `${diskLetters(Math.floor(index / 26) - 1)}${String.fromCharCode(A + (index % 26))}`;
