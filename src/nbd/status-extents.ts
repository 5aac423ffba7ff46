import type { BlockDevice, ByteRange, Extent } from '../transfer/block-device.ts';
import { alignDown, alignUp, endOf, rangeBetween } from '../transfer/ranges.ts';
import { STATUS_DIRTY, STATUS_ZERO } from './protocol/constants.ts';
import type { StatusChunk } from './protocol/replies.ts';
import { protocolError } from './protocol/wire.ts';

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
  for (const { length, flags } of status.extents) {
    const start = Math.max(position, range.offset);
    const end = Math.min(position + length, endOf(range), endOf(asked));
    const kind = (flags & STATUS_ZERO) === 0 ? 'data' : 'zero';
    if (end > start) extents.push({ ...rangeBetween(start, end), kind });
    position += length;
  }
  return extents.length > 0
    ? extents
    : [{ ...rangeBetween(range.offset, Math.min(endOf(asked), endOf(range))), kind: 'data' }];
}

export interface DirtyRanges {
  readonly ranges: readonly ByteRange[];
  /** Everything before it that is not in `ranges` is clean; nothing is known from it on. */
  readonly endBytes: number;
}

/**
 * The same of a dirty bitmap, where nothing may be made up: an answer that does not get to `range` is an error.
 */
export function dirtyRanges(status: StatusChunk, asked: ByteRange, range: ByteRange): DirtyRanges {
  const ranges: ByteRange[] = [];
  const last = Math.min(endOf(range), endOf(asked));
  let position = asked.offset;
  for (const { length, flags } of status.extents) {
    const start = Math.max(position, range.offset);
    position += length;
    const end = Math.min(position, last);
    if (end > start && (flags & STATUS_DIRTY) !== 0) ranges.push(rangeBetween(start, end));
  }
  const endBytes = Math.min(position, last);
  if (endBytes <= range.offset) throw protocolError('a dirty bitmap that ends before what was asked for');
  return { ranges, endBytes };
}
