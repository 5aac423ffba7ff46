import type { BlockDevice } from '../block-device.ts';
import { KiB } from '../../base/units.ts';
import { alignDown, alignUp, cut, endOf, rangeBetween } from '../ranges.ts';
import { isZero } from '../zero-scan.ts';
import type { ChunkHash } from './chunk-hash.ts';
import type { ManifestRecord } from './manifest-frame.ts';

/** Zeros are looked at in pieces of this. */
export const ZERO_PIECE_BYTES = 512 * KiB;

export interface PlaceReaderOptions {
  readonly target: BlockDevice;
  readonly hash: ChunkHash;
  /** Of the largest chunk of data. */
  readonly longestBytes: number;
}

/** Reads places of the target again, and says whether they hold what the manifest has of them. */
export class PlaceReader {
  readonly slabBytes: number;
  readonly #options: PlaceReaderOptions;

  constructor(options: PlaceReaderOptions) {
    const block = options.target.limits.minBytes;
    this.#options = options;
    this.slabBytes = alignUp(Math.max(options.longestBytes, ZERO_PIECE_BYTES), block) + 2 * block;
  }

  /** @param slab of `slabBytes`, nobody else's meanwhile. Errors: those of the device. */
  async holds(place: ManifestRecord, slab: Buffer): Promise<boolean> {
    const { target, hash } = this.#options;
    const block = target.limits.minBytes;
    const start = alignDown(place.offset, block);
    const end = Math.min(alignUp(endOf(place), block), target.sizeBytes);
    const pieceBytes = alignDown(target.limits.maxBytes, block);
    const pieces = [...cut(rangeBetween(0, end - start), pieceBytes)];
    await Promise.all(
      pieces.map((piece) => target.read(start + piece.offset, slab.subarray(piece.offset, endOf(piece)))),
    );
    const from = place.offset - start;
    const bytes = slab.subarray(from, from + place.length);
    return place.kind === 'zero' ? isZero(bytes, 0, bytes.length) : hash(bytes) === place.hash;
  }
}
