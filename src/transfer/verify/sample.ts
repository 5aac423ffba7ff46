import { KiB, MiB } from '../../base/units.ts';
import type { ByteRange } from '../block-device.ts';
import { alignDown, endOf, rangeBetween } from '../ranges.ts';

/** Which parts of a disk are looked at again. Plain data: the same plan chooses the same parts, wherever it is asked. */
export interface VerifyPlan {
  readonly lengthBytes: number;
  /** 32 bits; another seed chooses other parts. */
  readonly seed: number;
  /** Of the chunks with data, 0 to 1. 1: everything, zeros included. */
  readonly share: number;
}

export type VerifyMode = 'off' | 'sample' | 'full';

/** Reading and hashing twice this would show in the time of a copy. */
const SAMPLE_SHARE = 0.02;
/** Chunks that a small disk has looked at: its share is larger. */
const SAMPLE_CHUNKS_MIN = 64;
/** Places among the zeros of a disk, whatever its size: a disk of zeros is copied in no time. */
const ZERO_PLACES = 1_024;
const ZERO_CELL_MIN_BYTES = 1 * MiB;
const ZERO_PIECE_BYTES = 64 * KiB;
/** A place begins at a multiple of this. */
const PLACE_BYTES = 4 * KiB;
const UINT32 = 2 ** 32;

export function verifyPlan(
  mode: 'sample' | 'full',
  disk: { readonly lengthBytes: number; readonly chunkBytes: number; readonly seed: number },
): VerifyPlan {
  const { lengthBytes, chunkBytes, seed } = disk;
  const least = (SAMPLE_CHUNKS_MIN * chunkBytes) / Math.max(lengthBytes, 1);
  return { lengthBytes, seed, share: mode === 'full' ? 1 : Math.min(1, Math.max(SAMPLE_SHARE, least)) };
}

/** Whether a chunk of data is looked at again: all of a full plan, else its share, and the first and last of the disk. */
export function isChosen(plan: VerifyPlan, chunk: ByteRange): boolean {
  if (plan.share >= 1 || chunk.offset === 0 || endOf(chunk) >= plan.lengthBytes) return true;
  return mixed(plan.seed, chunk.offset) < plan.share * UINT32;
}

/**
 * The parts of a range of zeros that are looked at again, ascending: all of it in a full plan, else one place per cell
 * of the disk, and both ends of the disk.
 */
export function* chosenZeros(plan: VerifyPlan, range: ByteRange): Generator<ByteRange> {
  if (plan.share >= 1) {
    yield range;
    return;
  }
  const cellBytes = Math.max(ZERO_CELL_MIN_BYTES, Math.ceil(plan.lengthBytes / ZERO_PLACES));
  let end = range.offset;
  for (const place of zeroPlaces(plan, range, cellBytes)) {
    const start = Math.max(end, place);
    end = Math.min(endOf(range), place + ZERO_PIECE_BYTES);
    if (end > start) yield rangeBetween(start, end);
  }
}

function* zeroPlaces(plan: VerifyPlan, range: ByteRange, cellBytes: number): Generator<number> {
  const end = endOf(range);
  if (range.offset === 0) yield 0;
  for (let cell = Math.floor(range.offset / cellBytes); cell * cellBytes < end; cell += 1) {
    const within = Math.floor((mixed(plan.seed, cell) / UINT32) * cellBytes);
    const place = alignDown(cell * cellBytes + within, PLACE_BYTES);
    if (place >= range.offset && place < end) yield place;
  }
  if (end >= plan.lengthBytes) yield Math.max(range.offset, end - ZERO_PIECE_BYTES);
}

/** 32 bits that look random, the same for the same seed and number. The steps are those of MurmurHash3's finaliser. */
function mixed(seed: number, value: number): number {
  let bits = seed ^ Math.imul(Math.floor(value / UINT32) + 1, 0x9e3779b1);
  for (const part of [value >>> 0, 0x85ebca6b]) {
    bits ^= part;
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    bits ^= bits >>> 16;
  }
  return bits >>> 0;
}
