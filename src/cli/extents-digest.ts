import { createHash } from 'node:crypto';
import type { ByteRange } from '../transfer/block-device.ts';
import { normalExtents } from '../transfer/extent-stream.ts';

/** What a copy is limited to, looked through once: sorted, well-formed, and worth this many bytes. */
export interface CopyExtents extends AsyncDisposable {
  /** Reads it again, one extent at a time. */
  readonly extents: () => AsyncIterable<ByteRange>;
  /** Sum of the extents, merged and clipped to the disk. */
  readonly bytes: number;
  /** Of the merged extents: what means the same has the same. */
  readonly sha256: string;
}

/** Merged and clipped to the disk; nothing is rounded, because the digest must not depend on the blocks of a server. */
export const merged = (extents: AsyncIterable<ByteRange>, lengthBytes: number): AsyncGenerator<ByteRange> =>
  normalExtents(extents, { lengthBytes, blockBytes: 1 });

export class ExtentsDigest {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  /** One of the merged extents, in order. */
  add({ offset, length }: ByteRange): void {
    this.#bytes += length;
    this.#hash.update(`${offset} ${length}\n`);
  }

  result(): { readonly bytes: number; readonly sha256: string } {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}
