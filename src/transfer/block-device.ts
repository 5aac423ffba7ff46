/**
 * What the copy engine asks of a disk, and all that it knows about one. The NBD client (src/nbd) is the implementation
 * in production; the engine itself knows ranges of bytes, not wires.
 */

/** Bytes [offset, offset + length) of a disk. The same shape as an area of the VMA's wire and of an extents file. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** zero: reads as zero for sure. data: anything else, also when the disk does not know. */
export interface Extent extends ByteRange {
  readonly kind: 'data' | 'zero';
}

export interface BlockLimits {
  /** Offsets and lengths of requests are multiples of this, except at the end of the disk. A power of two. */
  readonly minBytes: number;
  /** Requests of at least this size are cheap. */
  readonly preferredBytes: number;
  /** Largest read or write. */
  readonly maxBytes: number;
}

export interface BlockFeatures {
  readonly isReadOnly: boolean;
  /** False: `zero` works too, but sends zeros over the wire. */
  readonly canZero: boolean;
  /** False: nothing can ever be called durable on this disk. */
  readonly canFlush: boolean;
  /** Several clients may work on it at once, and what one of them flushes is flushed for all. */
  readonly canShare: boolean;
  /** False: `extents` answers "all data". */
  readonly canExtents: boolean;
}

/**
 * Requests may run concurrently, in any number: the device queues what exceeds its depth. Two requests in flight must
 * not overlap unless both read. Ranges lie inside [0, sizeBytes) and are never empty.
 *
 * Every promise settles: a far side that stops answering ends in a coded error, and so does `close` of the device.
 */
export interface BlockDevice {
  /** For messages: what this disk is called, without secrets. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly limits: BlockLimits;
  readonly features: BlockFeatures;
  /**
   * Grows each time the far side may have lost what it had acknowledged but not yet flushed: a lost connection to a
   * writable disk. A write is safe once a `flush` succeeded and the counter never moved from before the write was
   * issued until after the flush was answered.
   */
  readonly restarts: number;
  /** Requests that were sent again, for reporting. */
  readonly retries: number;
  /** Fills all of `into` with the bytes from `offset` on. `into` belongs to the device until the promise settles. */
  read(offset: number, into: Buffer): Promise<void>;
  /** Writes all of `from` at `offset`. `from` must not change until the promise settles. */
  write(offset: number, from: Buffer): Promise<void>;
  /** Makes the range read as zero. */
  zero(offset: number, length: number): Promise<void>;
  /** Everything acknowledged before the call is durable after it. Never repeated by the device: see `restarts`. */
  flush(): Promise<void>;
  /**
   * What is known about [offset, offset + length): at least one extent, in order, without gaps, from `offset` on. May
   * stop short of the asked end (ask again from there), never passes it.
   */
  extents(offset: number, length: number): Promise<Extent[]>;
  /** Leaves politely where possible; requests that still run fail. Never throws, may be called again. */
  close(): Promise<void>;
}
