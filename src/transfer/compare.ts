import { conflict } from '../base/errors.ts';
import { KiB } from '../base/units.ts';
import type { BlockDevice, ByteRange } from './block-device.ts';
import { alignDown, alignUp, endOf, sumBytes } from './ranges.ts';

const SAMPLE_BYTES = 256 * KiB;

export interface SampleOptions {
  readonly source: BlockDevice;
  readonly target: BlockDevice;
  /** Normal form, all inside the source. */
  readonly ranges: readonly ByteRange[];
  /** How many places are read on both sides: the beginning, the end, and random ones between. */
  readonly samples: number;
}

/**
 * Reads some places of `ranges` on both sides and compares every byte of them. Proves nothing about the rest; it finds
 * out when a checkpoint belongs to other disks. Errors: transfer.sides-differ; those of the devices.
 */
export async function compareSamples({ source, target, ranges, samples }: SampleOptions): Promise<void> {
  const blockBytes = Math.max(source.limits.minBytes, target.limits.minBytes);
  const wishedBytes = Math.min(SAMPLE_BYTES, source.limits.maxBytes, target.limits.maxBytes);
  const sampleBytes = Math.max(alignDown(wishedBytes, blockBytes), blockBytes);
  const [ours, theirs] = [Buffer.allocUnsafe(sampleBytes), Buffer.allocUnsafe(sampleBytes)];
  for (const { position, range } of places(ranges, samples)) {
    const start = Math.max(range.offset, alignDown(Math.min(position, endOf(range) - sampleBytes), blockBytes));
    const diskEnd = Math.min(source.sizeBytes, target.sizeBytes);
    const length = Math.min(alignUp(Math.min(start + sampleBytes, endOf(range)), blockBytes), diskEnd) - start;
    await Promise.all([source.read(start, ours.subarray(0, length)), target.read(start, theirs.subarray(0, length))]);
    if (ours.compare(theirs, 0, length, 0, length) === 0) continue;
    throw conflict('transfer.sides-differ', `${target.name} differs from ${source.name} where the copy was done`, {
      hint: 'the checkpoint belongs to another source or target; remove it to start again',
      details: { offset: start, length },
    });
  }
}

/** Positions spread over all bytes of the ranges, whatever the sizes of these are; ascending. */
function* places(ranges: readonly ByteRange[], samples: number): Generator<{ position: number; range: ByteRange }> {
  const total = sumBytes(ranges);
  const random = Array.from({ length: Math.max(0, samples - 2) }, () => Math.floor(Math.random() * total));
  const wanted = [0, ...random, total - 1].sort((a, b) => a - b);
  let before = 0;
  let next = 0;
  for (const range of ranges) {
    for (; next < wanted.length && (wanted[next] ?? 0) < before + range.length; next += 1) {
      yield { position: range.offset + (wanted[next] ?? 0) - before, range };
    }
    before += range.length;
  }
}
