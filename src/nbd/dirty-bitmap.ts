import { GiB } from '../base/units.ts';
import type { ByteRange } from '../transfer/block-device.ts';
import type { NbdDevice } from './device.ts';

/** One question: at the usual granularity of 64 KiB it has at most 16384 answers. */
const WINDOW_BYTES = 1 * GiB;

/**
 * What the dirty bitmap that `device` was opened with calls written, in order, asked for window by window. Errors: those
 * of the device, after its retries. Unlike what a server says about zeros this is no hint: nothing stands in for it.
 */
export async function* dirtyExtents(device: Pick<NbdDevice, 'sizeBytes' | 'dirty'>): AsyncGenerator<ByteRange> {
  let position = 0;
  while (position < device.sizeBytes) {
    const { ranges, endBytes } = await device.dirty(position, Math.min(WINDOW_BYTES, device.sizeBytes - position));
    yield* ranges;
    position = endBytes;
  }
}
