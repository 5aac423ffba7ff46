import { conflict } from '../base/errors.ts';
import { KiB } from '../base/units.ts';
import type { BlockDevice, ByteRange } from './block-device.ts';
import type { DiskShape } from './extent-stream.ts';
import { intersectAscending, type Ranges } from './range-streams.ts';
import { alignDown, alignInward, endOf, sumBytes } from './ranges.ts';

const SAMPLE_BYTES = 256 * KiB;

export interface SampleOptions {
  readonly source: BlockDevice;
  readonly target: BlockDevice;
  /** Where both sides should be equal: normal form, all inside the source. */
  readonly done: readonly ByteRange[];
  /** Normal form. Where there is one, only what lies in both lists is compared; read once. */
  readonly extents?: Ranges | undefined;
  /** How many places are read on both sides: the beginning, the end, and random ones between. */
  readonly samples: number;
}

/**
 * Reads some places of what is done, whole blocks of both sides, and compares every byte of them. Proves nothing about the
 * rest; it finds out when a checkpoint belongs to other disks. Errors: transfer.sides-differ; those of the devices.
 */
export async function compareSamples({ source, target, done, extents, samples }: SampleOptions): Promise<void> {
  const blockBytes = Math.max(source.limits.minBytes, target.limits.minBytes);
  const wishedBytes = Math.min(SAMPLE_BYTES, source.limits.maxBytes, target.limits.maxBytes);
  const sampleBytes = Math.max(alignDown(wishedBytes, blockBytes), blockBytes);
  const [ours, theirs] = [Buffer.allocUnsafe(sampleBytes), Buffer.allocUnsafe(sampleBytes)];
  // Where only one side ends inside a block, that block cannot be asked for on both.
  const lengthBytes =
    source.sizeBytes === target.sizeBytes ? source.sizeBytes : alignDown(source.sizeBytes, blockBytes);
  const blocks = wholeBlocks(extents === undefined ? done : intersectAscending(extents, done), {
    lengthBytes,
    blockBytes,
  });
  for await (const { position, range } of places(blocks, positions(done, samples))) {
    const start = Math.max(range.offset, alignDown(Math.min(position, endOf(range) - sampleBytes), blockBytes));
    const length = Math.min(start + sampleBytes, endOf(range)) - start;
    await Promise.all([source.read(start, ours.subarray(0, length)), target.read(start, theirs.subarray(0, length))]);
    if (ours.compare(theirs, 0, length, 0, length) === 0) continue;
    throw conflict('transfer.sides-differ', `${target.name} differs from ${source.name} where the copy was done`, {
      hint: 'the checkpoint belongs to another source or target; remove it to start again',
      details: { offset: start, length },
    });
  }
}

async function* wholeBlocks(ranges: Ranges, disk: DiskShape): AsyncGenerator<ByteRange> {
  for await (const range of ranges) {
    const inner = alignInward(range, disk.blockBytes, disk.lengthBytes);
    if (inner !== undefined) yield inner;
  }
}

/** Offsets in `ranges`: the first, the last, and random ones between, whatever the sizes of the ranges; ascending. */
function positions(ranges: readonly ByteRange[], samples: number): number[] {
  const total = sumBytes(ranges);
  const random = Array.from({ length: Math.max(0, samples - 2) }, () => Math.floor(Math.random() * total));
  const wanted = [0, ...random, total - 1].sort((a, b) => a - b);
  let before = 0;
  let next = 0;
  const found: number[] = [];
  for (const range of ranges) {
    for (; next < wanted.length && (wanted[next] ?? 0) < before + range.length; next += 1) {
      found.push(range.offset + (wanted[next] ?? 0) - before);
    }
    before += range.length;
  }
  return found;
}

/** For each offset the range that it lies in, or the next one; the last for what lies behind. */
async function* places(
  ranges: Ranges,
  wanted: readonly number[],
): AsyncGenerator<{ position: number; range: ByteRange }> {
  let next = 0;
  let last: ByteRange | undefined;
  for await (const range of ranges) {
    for (; next < wanted.length && (wanted[next] ?? 0) < endOf(range); next += 1) {
      yield { position: Math.max(wanted[next] ?? 0, range.offset), range };
    }
    last = range;
    if (next === wanted.length) return;
  }
  if (last !== undefined) yield { position: endOf(last) - 1, range: last };
}
