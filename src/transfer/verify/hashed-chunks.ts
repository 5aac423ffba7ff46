import type { ByteRange } from '../block-device.ts';
import { normalise } from '../ranges.ts';
import type { WrittenChunk } from '../written-log.ts';
import type { ManifestRecord } from './manifest-frame.ts';

/** What was read of some chunks, as hashes; packed, because it crosses from thread to thread. */
export interface HashedChunks {
  readonly offsets: Float64Array;
  readonly lengths: Float64Array;
  readonly hashes: BigUint64Array;
  /** Normal form. */
  readonly zeros: readonly ByteRange[];
}

/** Chunks of data without a hash, because nobody asked for it, are left out. */
export function packHashed(chunks: readonly WrittenChunk[]): HashedChunks {
  const data = chunks.filter(({ hash }) => hash !== undefined);
  const zeros = chunks.filter(({ hash, bytesCopied }) => hash === undefined && bytesCopied === 0);
  return {
    offsets: Float64Array.from(data, ({ chunk }) => chunk.offset),
    lengths: Float64Array.from(data, ({ chunk }) => chunk.length),
    hashes: BigUint64Array.from(data, ({ hash = 0n }) => hash),
    zeros: normalise(zeros.map(({ chunk }) => chunk)),
  };
}

export function* unpackHashed({ offsets, lengths, hashes, zeros }: HashedChunks): Generator<ManifestRecord> {
  for (const [index, offset] of offsets.entries()) {
    yield { kind: 'data', offset, length: lengths[index] ?? 0, hash: hashes[index] ?? 0n };
  }
  for (const { offset, length } of zeros) yield { kind: 'zero', offset, length };
}
