import type { BlockDevice } from './block-device.ts';
import type { Chunk } from './plan-copy.ts';
import { alignDown, alignUp } from './ranges.ts';
import type { RateLimit } from './rate-limit.ts';
import type { ChunkHasher } from './verify/chunk-hasher.ts';
import type { WrittenChunk } from './written-log.ts';
import { zeroRuns } from './zero-scan.ts';

export interface LaneOptions {
  readonly source: BlockDevice;
  readonly target: BlockDevice;
  readonly targetIsZero: boolean;
  readonly detectZeros: boolean;
  /** A chunk of data fits, grown to whole blocks of the source. */
  readonly slabBytes: number;
  readonly rate: RateLimit | undefined;
  /** Absent: nothing is hashed. */
  readonly hasher?: ChunkHasher | undefined;
  /** See WrittenLog. */
  readonly epoch: () => number;
  readonly signal: AbortSignal;
}

type Written = { -readonly [K in keyof WrittenChunk]: WrittenChunk[K] };

/** Carries one chunk at a time from source to target through a slab of its own. */
export class CopyLane {
  readonly #options: LaneOptions;
  readonly #slab: Buffer;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#slab = Buffer.allocUnsafeSlow(options.slabBytes);
  }

  /** Returns when the target has acknowledged all of the chunk. */
  async carry(chunk: Chunk): Promise<WrittenChunk> {
    const epoch = this.#options.epoch();
    const written: Written = { chunk, epoch, bytesCopied: 0, bytesZeroed: 0, bytesSkipped: 0, hash: undefined };
    switch (chunk.kind) {
      case 'zero':
        if (!this.#options.targetIsZero) await this.#options.target.zero(chunk.offset, chunk.length);
        this.#countZeros(written, chunk.length);
        break;
      case 'tail':
        await this.#carryTail(chunk, await this.#readTail(chunk, written));
        break;
      case 'zero-tail':
        if (!this.#options.targetIsZero) await this.#carryTail(chunk, Buffer.alloc(chunk.length));
        this.#countZeros(written, chunk.length);
        break;
      case 'data':
        await this.#carryData(chunk, written);
        break;
    }
    return written;
  }

  #countZeros(written: Written, bytes: number): void {
    if (this.#options.targetIsZero) written.bytesSkipped += bytes;
    else written.bytesZeroed += bytes;
  }

  async #carryData(chunk: Chunk, written: Written): Promise<void> {
    const { target, targetIsZero, detectZeros, hasher } = this.#options;
    const data = await this.#read(chunk);
    const runs = detectZeros ? zeroRuns(data, chunk.length, chunk.offset) : [];
    if (hasher !== undefined && (runs.length !== 1 || runs[0]?.isZero !== true)) written.hash = hasher(chunk, data);
    if (runs.length <= 1 && runs[0]?.isZero !== true) {
      // Most chunks: all data.
      written.bytesCopied = chunk.length;
      await target.write(chunk.offset, data);
      return;
    }
    const writes: Promise<void>[] = [];
    for (const run of runs) {
      const length = run.end - run.start;
      if (!run.isZero) {
        writes.push(target.write(chunk.offset + run.start, data.subarray(run.start, run.end)));
        written.bytesCopied += length;
        continue;
      }
      if (!targetIsZero) writes.push(target.zero(chunk.offset + run.start, length));
      this.#countZeros(written, length);
    }
    await allSettled(writes);
  }

  async #readTail(chunk: Chunk, written: Written): Promise<Buffer> {
    const data = await this.#read(chunk);
    written.hash = this.#options.hasher?.(chunk, data);
    written.bytesCopied = chunk.length;
    return data;
  }

  /** The end of the source lies inside a block of the target: what follows it there stays as it is. */
  async #carryTail(chunk: Chunk, data: Buffer): Promise<void> {
    const { target } = this.#options;
    const start = alignDown(chunk.offset, target.limits.minBytes);
    const end = Math.min(alignUp(chunk.offset + chunk.length, target.limits.minBytes), target.sizeBytes);
    const block = Buffer.alloc(end - start);
    await target.read(start, block);
    data.copy(block, chunk.offset - start);
    this.#options.signal.throwIfAborted();
    await target.write(start, block);
  }

  /** Reads whole blocks of the source and returns the chunk's part. Nothing is written after the signal. */
  async #read(chunk: Chunk): Promise<Buffer> {
    const { source, rate, signal } = this.#options;
    const start = alignDown(chunk.offset, source.limits.minBytes);
    const end = Math.min(alignUp(chunk.offset + chunk.length, source.limits.minBytes), source.sizeBytes);
    const turn = rate?.take(chunk.length, signal);
    if (turn !== undefined) await turn;
    await source.read(start, this.#slab.subarray(0, end - start));
    signal.throwIfAborted();
    return this.#slab.subarray(chunk.offset - start, chunk.offset - start + chunk.length);
  }
}

/** Waits for all, then throws the first failure: the slab is free only when nobody reads from it any more. */
async function allSettled(promises: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(promises);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
