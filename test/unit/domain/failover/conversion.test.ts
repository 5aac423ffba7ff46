import { describe, expect, test } from '@jest/globals';
import { bootDiskOf, diskLetters, letterAdvice, saysWindows } from '../../../../src/domain/failover/conversion.ts';

const system = (root: string, mounts: object = {}) =>
  bootDiskOf({ kind: 'linux', distribution: 'debian', productName: '12', root, mounts: { ...mounts } });

describe('the disk that a system boots from', () => {
  const root = '/dev/sdb1';
  test.each([
    { by: 'its root', root, mounts: { '/': root }, disk: 1 },
    { by: 'its boot partition on another disk', root, mounts: { '/': root, '/boot': '/dev/sda1' }, disk: 0 },
    { by: 'the partition of its firmware', root: '/dev/vg/root', mounts: { '/boot/efi': '/dev/sdc1' }, disk: 2 },
    { by: 'a disk without partitions', root: '/dev/sda', mounts: {}, disk: 0 },
    { by: 'a subvolume of btrfs', root: 'btrfsvol:/dev/sdb2/@', mounts: { '/': 'btrfsvol:/dev/sdb2/@' }, disk: 1 },
    { by: 'the 27th disk', root: '/dev/sdaa2', mounts: {}, disk: 26 },
    { by: 'nothing, on logical volumes alone', root: '/dev/vg/root', mounts: { '/': '/dev/vg/root' }, disk: undefined },
  ])('is told by $by', ({ root, mounts, disk }) => {
    expect(system(root, mounts)).toBe(disk);
  });

  test('has the letters of its index', () => {
    expect([0, 25, 26, 51, 52, 701].map(diskLetters)).toEqual(['a', 'z', 'aa', 'az', 'ba', 'zz']);
    for (let index = 0; index < 702; index += 1) expect(system(`/dev/sd${diskLetters(index)}1`)).toBe(index);
  });
});

test.each([
  ['windows2019srv_64Guest', true],
  ['winNetEnterpriseGuest', true],
  ['Microsoft Windows Server 2019 (64-bit)', true],
  ['darwin18_64Guest', false],
  ['debian12_64Guest', false],
  ['otherGuest', false],
  [null, false],
])('%s says Windows: %s', (hint, expected) => {
  expect(saysWindows(hint)).toBe(expected);
});

test('a disk that boots and is not the first changes the letters of all before it, which is said', () => {
  expect([undefined, 0].map(letterAdvice)).toEqual(['', '']);
  expect(letterAdvice(1)).toContain('boots from its disk 2');
});
