import { describe, expect, test } from '@jest/globals';
import { dataDeviceId, inUnitOrder } from '../../../../src/domain/failover/disk-order.ts';
import { instanceName } from '../../../../src/domain/failover/instance-name.ts';

const at = { unixSeconds: 1_790_000_000 };

describe('the name of the VM of a failover', () => {
  test.each([
    ['web01', 'web01'],
    ['SQL Server_2 (prod)', 'sql-server-2-prod'],
    ['42-answers', 'answers'],
    ['äöü', 'vm'],
    ['x'.repeat(80), 'x'.repeat(63)],
    [`${'y'.repeat(62)}-z`, 'y'.repeat(62)],
  ])('of %s is a host name: %s', (name, expected) => {
    expect(instanceName(name, 'exact', at)).toBe(expected);
  });

  test('of a test says so, and when it was made, whatever is left of a long name', () => {
    expect(instanceName('web01', 'suffixed', at)).toBe('web01-test-1790000000');
    const long = instanceName('w'.repeat(80), 'suffixed', at);
    expect([long.length, long.endsWith('w-test-1790000000')]).toEqual([63, true]);
  });
});

describe('the disks of a VM', () => {
  test('come in the order of their controllers and places, not of their names', () => {
    const disks = [
      { diskId: 'disk-16000', unitNumber: 0 },
      { diskId: 'disk-2010', unitNumber: 10 },
      { diskId: 'disk-2001', unitNumber: 1 },
      { diskId: 'disk-2000', unitNumber: 0 },
    ];
    expect(inUnitOrder(disks).map(({ diskId }) => diskId)).toEqual([
      'disk-2000',
      'disk-2001',
      'disk-2010',
      'disk-16000',
    ]);
  });

  test('leave the places of root disk and CD drive free', () => {
    expect([0, 1, 2, 3].map(dataDeviceId)).toEqual([1, 2, 4, 5]);
  });
});
