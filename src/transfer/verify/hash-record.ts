import type { ByteRange } from '../block-device.ts';

/**
 * What is known of a piece of a disk without its bytes. A record with a hash is one block: blocks begin at multiples of
 * their size and only the last one of a disk is shorter. Zeros have no hash: a run of blocks that read zero is one
 * record or several, whether they were read or known from the disk's extents.
 */
export type HashRecord = HashedBlock | ZeroBlocks;

export interface HashedBlock extends ByteRange {
  readonly kind: 'data';
  /** See ChunkHash and hashText. */
  readonly hash: string;
}

export interface ZeroBlocks extends ByteRange {
  readonly kind: 'zero';
}
