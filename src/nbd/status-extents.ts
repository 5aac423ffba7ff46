import type { BlockDevice, ByteRange, Extent } from '../transfer/block-device.ts';
import { alignDown, alignUp, endOf, rangeBetween } from '../transfer/ranges.ts';
import type { StatusChunk } from './protocol/replies.ts';

/** What to ask in order to learn about `range`: whole blocks of the server. */
export function statusRange(device: Pick<BlockDevice, 'limits' | 'sizeBytes'>, range: ByteRange): ByteRange {
  const { minBytes } = device.limits;
  return rangeBetween(alignDown(range.offset, minBytes), Math.min(alignUp(endOf(range), minBytes), device.sizeBytes));
}

/**
 * The part of an answer that speaks of `range`. The last extent may overrun what was asked, and the whole may be short of
 * it; an answer that ends before `range` begins says nothing, which is "data".
 */
export function statusExtents(status: StatusChunk, asked: ByteRange, range: ByteRange): Extent[] {
  const extents: Extent[] = [];
  let position = asked.offset;
  for (const { length, isZero } of status.extents) {
    const start = Math.max(position, range.offset);
    const end = Math.min(position + length, endOf(range), endOf(asked));
    if (end > start) extents.push({ ...rangeBetween(start, end), kind: isZero ? 'zero' : 'data' });
    position += length;
  }
  return extents.length > 0
    ? extents
    : [{ ...rangeBetween(range.offset, Math.min(endOf(asked), endOf(range))), kind: 'data' }];
}
