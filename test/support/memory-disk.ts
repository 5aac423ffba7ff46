import { setImmediate } from 'node:timers/promises';
import type { BlockDevice, BlockFeatures, BlockLimits, Extent } from '../../src/transfer/block-device.ts';

/** A disk in memory that answers in pieces and out of order, refuses unaligned requests and counts what is asked. */
export class MemoryDisk implements BlockDevice {
  readonly name = 'memory';
  readonly restarts = 0;
  readonly retries = 0;
  readonly limits: BlockLimits;
  readonly features: BlockFeatures;
  readonly #bytes: Buffer;
  /** What the disk says to read zero; must be true. */
  readonly #holes: readonly { offset: number; length: number }[];
  bytesRead = 0;
  inFlight = 0;
  inFlightMax = 0;
  /** Reads from here on fail. */
  failsFrom = Infinity;

  constructor(bytes: Buffer, of: { holes?: readonly Extent[]; limits?: Partial<BlockLimits> } = {}) {
    this.#bytes = bytes;
    this.#holes = of.holes ?? [];
    this.limits = { minBytes: 1, preferredBytes: 4096, maxBytes: 32 * 1024 * 1024, ...of.limits };
    this.features = {
      isReadOnly: true,
      canZero: false,
      canFlush: false,
      canShare: false,
      canExtents: of.holes !== undefined,
    };
  }

  get sizeBytes(): number {
    return this.#bytes.length;
  }

  async read(offset: number, into: Buffer): Promise<void> {
    const end = offset + into.length;
    const { minBytes, maxBytes } = this.limits;
    const isAligned = offset % minBytes === 0 && (end % minBytes === 0 || end === this.sizeBytes);
    if (!isAligned || into.length === 0 || into.length > maxBytes || end > this.sizeBytes) {
      throw new Error(`read of ${into.length} at ${offset}`);
    }
    this.bytesRead += into.length;
    this.inFlight += 1;
    this.inFlightMax = Math.max(this.inFlightMax, this.inFlight);
    for (let turn = offset % 3; turn >= 0; turn -= 1) await setImmediate();
    this.inFlight -= 1;
    if (end > this.failsFrom) throw new Error('the disk is broken here');
    this.#bytes.copy(into, 0, offset, end);
  }

  extents(offset: number, length: number): Promise<Extent[]> {
    const hole = this.#holes.find((one) => one.offset + one.length > offset);
    const end = offset + Math.max(1, Math.ceil(length / 2));
    if (hole === undefined || hole.offset >= end)
      return Promise.resolve([{ offset, length: end - offset, kind: 'data' }]);
    if (hole.offset > offset) return Promise.resolve([{ offset, length: hole.offset - offset, kind: 'data' }]);
    return Promise.resolve([{ offset, length: Math.min(end, hole.offset + hole.length) - offset, kind: 'zero' }]);
  }

  write(): Promise<void> {
    return Promise.reject(new Error('this disk is only read'));
  }

  zero(): Promise<void> {
    return this.write();
  }

  flush(): Promise<void> {
    return this.write();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
