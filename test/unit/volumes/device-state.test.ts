import { describe, expect, test } from '@jest/globals';
import { deviceNumber } from '../../../src/volumes/device-identity.ts';
import { isMounted } from '../../../src/volumes/device-state.ts';

const MOUNTS = `22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
31 22 0:27 /@data /data rw,noatime shared:9 - btrfs /dev/vdc rw,subvol=/@data
40 22 0:5 / /dev rw - devtmpfs udev rw
`;

describe('a mounted disk', () => {
  test.each([
    ['254:1', '/dev/vda1', true],
    ['254:32', '/dev/vdc', true],
    ['254:16', '/dev/vdb', false],
    ['254', '/dev/vd', false],
  ])('%s %s counts as mounted: %s', (number, name, mounted) => {
    expect(isMounted(MOUNTS, { numbers: [number], names: [name] })).toBe(mounted);
  });

  test('is found by its mounted partition', () => {
    expect(isMounted(MOUNTS, { numbers: ['254:0', '254:1'], names: [] })).toBe(true);
  });
});

test.each([
  [0x700n, '7:0'],
  [0xfe01n, '254:1'],
  // Minor bits from the 8th on start at bit 20, major bits from the 12th on at bit 44.
  [(0x100n << 8n) | (0x11000n << 12n), '256:69632'],
])('device number %s is %s', (rdev, text) => {
  expect(deviceNumber(rdev)).toBe(text);
});
