import { expect, test } from '@jest/globals';
import { rootFirst } from '../../../../src/domain/failover/disk-order.ts';

const volumes = ['a', 'b', 'c'].map((volumeId) => ({ volumeId }));
const order = (rootVolumeId: string | null) => rootFirst(volumes, rootVolumeId).map(({ volumeId }) => volumeId);

test('the disk that the firmware boots from comes first, and the others keep their order', () => {
  expect(order('b')).toEqual(['b', 'a', 'c']);
  expect(order('a')).toEqual(['a', 'b', 'c']);
  expect(order(null)).toEqual(['a', 'b', 'c']);
  expect(order('of another VM')).toEqual(['a', 'b', 'c']);
});
