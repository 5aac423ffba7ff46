import type { BlockDevice } from './block-device.ts';
import type { Chunk } from './plan-copy.ts';
import { alignDown, alignUp } from './ranges.ts';
import type { RateLimit } from './rate-limit.ts';
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
  readonly signal: AbortSignal;
}

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
    const restarts = this.#options.target.restarts;
    const nothing = { chunk, restarts, bytesCopied: 0, bytesZeroed: 0, bytesSkipped: 0 };
    switch (chunk.kind) {
      case 'done':
        return { ...nothing, bytesSkipped: chunk.length };
      case 'zero':
        return { ...nothing, ...(await this.#zero(chunk.offset, chunk.length)) };
      case 'tail':
        await this.#carryTail(chunk);
        return { ...nothing, bytesCopied: chunk.length };
      case 'data':
        return { ...nothing, ...(await this.#carryData(chunk)) };
    }
  }

  async #zero(offset: number, length: number): Promise<{ bytesZeroed: number } | { bytesSkipped: number }> {
    if (this.#options.targetIsZero) return { bytesSkipped: length };
    await this.#options.target.zero(offset, length);
    return { bytesZeroed: length };
  }

  async #carryData(chunk: Chunk): Promise<Pick<WrittenChunk, 'bytesCopied' | 'bytesZeroed' | 'bytesSkipped'>> {
    const { target, targetIsZero, detectZeros } = this.#options;
    const data = await this.#read(chunk);
    if (!detectZeros) {
      await target.write(chunk.offset, data);
      return { bytesCopied: chunk.length, bytesZeroed: 0, bytesSkipped: 0 };
    }
    let [zeroBytes, dataBytes] = [0, 0];
    const writes: Promise<void>[] = [];
    for (const run of zeroRuns(data, chunk.length, chunk.offset)) {
      const length = run.end - run.start;
      if (!run.isZero) {
        writes.push(target.write(chunk.offset + run.start, data.subarray(run.start, run.end)));
        dataBytes += length;
        continue;
      }
      if (!targetIsZero) writes.push(target.zero(chunk.offset + run.start, length));
      zeroBytes += length;
    }
    await allSettled(writes);
    return {
      bytesCopied: dataBytes,
      bytesZeroed: targetIsZero ? 0 : zeroBytes,
      bytesSkipped: targetIsZero ? zeroBytes : 0,
    };
  }

  /** The end of the source lies inside a block of the target: what follows it there stays as it is. */
  async #carryTail(chunk: Chunk): Promise<void> {
    const { target } = this.#options;
    const data = await this.#read(chunk);
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
    await rate?.take(chunk.length, signal);
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
