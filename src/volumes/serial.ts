import { invalidRequest } from '../base/errors.ts';

/**
 * How a CloudStack volume is recognised inside the guest it is attached to: KVM agents set the serial of the disk to
 * the first 20 characters of the volume's UUID without hyphens, which is also all that virtio-blk can carry.
 * Source: CloudStack, LibvirtComputingResource.diskUuidToSerial; linux/virtio_blk.h, VIRTIO_BLK_ID_BYTES.
 */
const SERIAL_LENGTH = 20;

/** Shorter remains of a serial behind a device number are not trusted: 12 hex digits are 48 random bits. */
const LEAST_PREFIX = 12;

/** Names that udev gives a whole disk, before the serial. Partitions have a suffix and so never match. */
const LINK_PREFIXES = ['virtio-', 'scsi-0QEMU_QEMU_HARDDISK_', 'scsi-'] as const;

/** @throws invalid-request `volume.bad-id` when `volumeUuid` is not a UUID. */
export function serialOf(volumeUuid: string): string {
  const digits = volumeUuid.replaceAll('-', '').toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(digits)) {
    throw invalidRequest('volume.bad-id', 'the id of a volume must be a UUID', { details: { volumeId: volumeUuid } });
  }
  return digits.slice(0, SERIAL_LENGTH);
}

/**
 * Whether a serial that a disk reports is the one looked for. Some builds put `<device number>-` before it, which
 * pushes its end out of the 20 characters: such a prefix match counts, and the caller demands that it is the only one.
 */
export function serialMatches(reported: string, serial: string): boolean {
  const text = reported.trim().toLowerCase();
  if (text === serial) return true;
  const rest = /^\d+-([0-9a-f]+)$/.exec(text)?.[1];
  return rest !== undefined && rest.length >= LEAST_PREFIX && serial.startsWith(rest);
}

/** Whether a name in /dev/disk/by-id is a link to the whole disk with this serial. */
export function linkMatches(name: string, serial: string): boolean {
  return LINK_PREFIXES.some((prefix) => name.startsWith(prefix) && serialMatches(name.slice(prefix.length), serial));
}
