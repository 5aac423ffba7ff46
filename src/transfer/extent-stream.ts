import { invalidRequest } from '../base/errors.ts';
import type { ByteRange } from './block-device.ts';
import { alignOutward, clip, endOf, rangeBetween } from './ranges.ts';

export interface DiskShape {
  readonly lengthBytes: number;
  /** Least common block of both sides. */
  readonly blockBytes: number;
}

/**
 * The extents as the plan needs them: merged, clipped to the disk (changed areas may overrun its end), grown outward to
 * whole blocks. Holds one range at a time, therefore input must ascend by offset; overlaps and repetitions are fine.
 * Errors: transfer.extents-not-sorted, transfer.extents-invalid.
 */
export async function* normalExtents(
  input: Iterable<ByteRange> | AsyncIterable<ByteRange>,
  disk: DiskShape,
): AsyncGenerator<ByteRange> {
  let held: ByteRange | undefined;
  let lastOffset = 0;
  for await (const range of input) {
    checkRange(range);
    if (range.offset < lastOffset) throw notSorted(lastOffset, range.offset);
    lastOffset = range.offset;
    const clipped = clip(range, disk.lengthBytes);
    if (clipped === undefined) continue;
    const aligned = alignOutward(clipped, disk.blockBytes, disk.lengthBytes);
    if (held !== undefined && aligned.offset <= endOf(held)) {
      held = rangeBetween(held.offset, Math.max(endOf(held), endOf(aligned)));
    } else {
      if (held !== undefined) yield held;
      held = aligned;
    }
  }
  if (held !== undefined) yield held;
}

/** Throws transfer.extents-invalid unless offset and length are exact, not negative and end at an exact number. */
function checkRange(range: ByteRange): void {
  const { offset, length } = range;
  if (Number.isSafeInteger(offset) && offset >= 0 && length >= 0 && Number.isSafeInteger(offset + length)) return;
  throw invalidRequest('transfer.extents-invalid', `extent with offset ${offset} and length ${length} is not a range`, {
    hint: 'offset and length are whole numbers of bytes, zero or more',
    details: { offset, length },
  });
}

function notSorted(before: number, offset: number): Error {
  return invalidRequest('transfer.extents-not-sorted', `extent at offset ${offset} comes after offset ${before}`, {
    hint: 'sort the extents by offset',
    details: { offset, before },
  });
}
