import { invariant } from '../../base/invariant.ts';
import { GiB, MiB } from '../../base/units.ts';
import type { BlockDevice, ByteRange, Extent } from '../block-device.ts';
import { alignDown, alignUp, cut, endOf, rangeBetween } from '../ranges.ts';
import type { RateLimit } from '../rate-limit.ts';
import { SourceMap } from '../source-map.ts';
import { isZero } from '../zero-scan.ts';
import { type ChunkHash, hashText, loadChunkHash } from './chunk-hash.ts';
import type { HashRecord, ZeroBlocks } from './hash-record.ts';

export interface DiskHashesOptions {
  readonly disk: BlockDevice;
  /** What to hash: begins at a multiple of blockBytes, ends anywhere on the disk. */
  readonly range: ByteRange;
  /** A power of two. */
  readonly blockBytes: number;
  /** For the bytes that are read; what the disk says to be zero is free. */
  readonly rate?: RateLimit | undefined;
  readonly signal: AbortSignal;
}

/** One read, of several blocks where these are smaller. */
const STRETCH_BYTES = 1 * MiB;
/** Bytes in flight: enough to keep a disk and two connections busy. */
const WINDOW_BYTES = 8 * MiB;
const WINDOW_STRETCHES_MIN = 2;
/** Zeros are reported at the latest after this much: whoever waits sees that it goes on. Multiple of every block. */
const ZERO_RUN_BYTES = 1 * GiB;

/**
 * The hashes of all blocks of `range`, in order and without gaps. Several reads are in flight, memory stays below about
 * twice WINDOW_BYTES whatever the disk; who takes slowly makes it read slowly.
 *
 * Errors: those of the disk and of loadChunkHash; the reason of `signal`.
 */
export async function* diskHashes(options: DiskHashesOptions): AsyncGenerator<HashRecord> {
  const { range, blockBytes, disk } = options;
  invariant(blockBytes > 0 && range.offset % blockBytes === 0, 'hashes begin at a block');
  invariant(endOf(range) <= disk.sizeBytes, 'hashes end on the disk');
  let held: ZeroBlocks | undefined;
  for await (const record of hashesInOrder(options)) {
    if (record.kind === 'zero') {
      held = { ...rangeBetween(held?.offset ?? record.offset, endOf(record)), kind: 'zero' };
      if (held.length < ZERO_RUN_BYTES) continue;
      yield held;
      held = undefined;
      continue;
    }
    if (held !== undefined) yield held;
    held = undefined;
    yield record;
  }
  if (held !== undefined) yield held;
}

async function* hashesInOrder(options: DiskHashesOptions): AsyncGenerator<HashRecord> {
  const { signal } = options;
  const reader = new StretchReader(options, await loadChunkHash());
  const pending: Promise<HashRecord[]>[] = [];
  for await (const piece of pieces(options)) {
    signal.throwIfAborted();
    pending.push(reader.hash(piece));
    const next = pending.length >= reader.depth ? pending.shift() : undefined;
    if (next !== undefined) yield* await next;
  }
  for (const next of pending) {
    signal.throwIfAborted();
    yield* await next;
  }
}

/** The range as stretches to read and runs of whole blocks that the disk says to be zero. */
async function* pieces(options: DiskHashesOptions): AsyncGenerator<Extent> {
  const { disk, range, blockBytes } = options;
  const map = new SourceMap(disk, { lengthBytes: endOf(range), isDelta: false });
  const end = endOf(range);
  // Part by part: the extents of a large disk are not all asked for before the first read.
  for (const part of cut(range, ZERO_RUN_BYTES)) {
    let position = part.offset;
    for await (const run of disk.features.canExtents ? map.runs(part) : []) {
      if (run.kind === 'data') continue;
      const zeroStart = alignUp(run.offset, blockBytes);
      const zeroEnd = endOf(run) === end ? end : alignDown(endOf(run), blockBytes);
      if (zeroEnd <= zeroStart) continue;
      yield* stretches(rangeBetween(position, zeroStart), blockBytes);
      yield { ...rangeBetween(zeroStart, zeroEnd), kind: 'zero' };
      position = zeroEnd;
    }
    yield* stretches(rangeBetween(position, endOf(part)), blockBytes);
  }
}

function* stretches(range: ByteRange, blockBytes: number): Generator<Extent> {
  for (const { offset, length } of cut(range, Math.max(STRETCH_BYTES, blockBytes))) {
    yield { offset, length, kind: 'data' };
  }
}

/** Reads stretches into slabs of its own and hashes their blocks. */
class StretchReader {
  /** So many at a time. */
  readonly depth: number;
  readonly #options: DiskHashesOptions;
  readonly #chunkHash: ChunkHash;
  readonly #slabBytes: number;
  readonly #slabs: Buffer[] = [];

  constructor(options: DiskHashesOptions, chunkHash: ChunkHash) {
    const stretchBytes = Math.max(STRETCH_BYTES, options.blockBytes);
    this.#options = options;
    this.#chunkHash = chunkHash;
    this.#slabBytes = alignUp(stretchBytes, options.disk.limits.minBytes) + options.disk.limits.minBytes;
    this.depth = Math.max(WINDOW_STRETCHES_MIN, Math.floor(WINDOW_BYTES / stretchBytes));
  }

  /** The caller may come back for the result late, or never: its failure is nobody's surprise. */
  hash(piece: Extent): Promise<HashRecord[]> {
    if (piece.kind === 'zero') return Promise.resolve([{ offset: piece.offset, length: piece.length, kind: 'zero' }]);
    const result = this.#hash(piece);
    result.catch(() => undefined);
    return result;
  }

  async #hash(stretch: ByteRange): Promise<HashRecord[]> {
    const { rate, signal, blockBytes } = this.#options;
    const turn = rate?.take(stretch.length, signal);
    if (turn !== undefined) await turn;
    const slab = this.#slabs.pop() ?? Buffer.allocUnsafeSlow(this.#slabBytes);
    const at = await this.#read(stretch, slab);
    const records = [...cut(stretch, blockBytes)].map((block): HashRecord => {
      const start = at + block.offset - stretch.offset;
      const stop = start + block.length;
      if (isZero(slab, start, stop)) return { ...block, kind: 'zero' };
      return { ...block, kind: 'data', hash: hashText(this.#chunkHash(slab.subarray(start, stop))) };
    });
    this.#slabs.push(slab);
    return records;
  }

  /** Fills the slab with the whole blocks of the disk around `stretch`; returns where `stretch` begins in it. */
  async #read(stretch: ByteRange, slab: Buffer): Promise<number> {
    const { disk } = this.#options;
    const { minBytes, maxBytes } = disk.limits;
    const start = alignDown(stretch.offset, minBytes);
    const end = Math.min(alignUp(endOf(stretch), minBytes), disk.sizeBytes);
    // All of them settle before the slab may be used again.
    const reads = [...cut(rangeBetween(start, end), alignDown(Math.min(maxBytes, STRETCH_BYTES), minBytes))].map(
      ({ offset, length }) => disk.read(offset, slab.subarray(offset - start, offset - start + length)),
    );
    const failed = (await Promise.allSettled(reads)).find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return stretch.offset - start;
  }
}
