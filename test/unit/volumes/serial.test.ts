import { describe, expect, test } from '@jest/globals';
import { linkMatches, serialMatches, serialOf } from '../../../src/volumes/serial.ts';

const UUID = '0b1c2d3e-4F50-6172-8394-a5b6c7d8e9f0';
const SERIAL = '0b1c2d3e4f5061728394';

describe('the serial of a volume', () => {
  test('is the first 20 digits of its uuid without hyphens', () => {
    expect(serialOf(UUID)).toBe(SERIAL);
  });

  test.each(['', 'vol-1', '0b1c2d3e', `${UUID}0`, '../../etc/passwd'])('%j is no uuid and has none', (id) => {
    expect(() => serialOf(id)).toThrow(expect.objectContaining({ code: 'volume.bad-id' }));
  });

  test.each([
    [SERIAL, true],
    [`${SERIAL}\n`, true],
    [SERIAL.toUpperCase(), true],
    // The longest that fits behind a device number in 20 characters, and what scsi has no limit for.
    [`1-${SERIAL.slice(0, 18)}`, true],
    [`12-${SERIAL}`, true],
    [`1-${SERIAL.slice(0, 8)}`, false],
    ['1-', false],
    [SERIAL.slice(0, 19), false],
    [`${SERIAL}0`, false],
    ['', false],
  ])('a disk that reports %j is ours: %s', (reported, ours) => {
    expect(serialMatches(reported, SERIAL)).toBe(ours);
  });

  test.each([
    [`virtio-${SERIAL}`, true],
    [`scsi-0QEMU_QEMU_HARDDISK_${SERIAL}`, true],
    [`scsi-${SERIAL}`, true],
    [`virtio-${SERIAL}-part1`, false],
    [`ata-${SERIAL}`, false],
    [`nvme-virtio-${SERIAL}`, false],
  ])('the link %j leads to the disk: %s', (name, matches) => {
    expect(linkMatches(name, SERIAL)).toBe(matches);
  });
});
