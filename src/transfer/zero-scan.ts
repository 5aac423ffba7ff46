import { KiB, MiB } from '../base/units.ts';

/**
 * Finds zeros by looking at every byte, never at samples: a wrongly assumed zero is a lost byte. A first word that is
 * not zero settles most blocks of data without a call; the rest is one memcmp per block (Buffer.compare).
 */

/** Zeros shorter than this travel with the data around them: a request costs more than these bytes. */
export const ZERO_RUN_BYTES = 64 * KiB;

/** A read-only block of zeros to compare with and to write from. */
export const ZEROS: Buffer = Buffer.alloc(1 * MiB);

/** Whether bytes [start, end) of `buffer` are all zero. */
export function isZero(buffer: Buffer, start: number, end: number): boolean {
  if (start < end && buffer[start] !== 0) return false;
  for (let at = start; at < end; at += ZEROS.length) {
    const stop = Math.min(end, at + ZEROS.length);
    if (buffer.compare(ZEROS, 0, stop - at, at, stop) !== 0) return false;
  }
  return true;
}

/** Positions inside a buffer, [start, end), and whether all of it is zero. */
export interface Run {
  readonly start: number;
  end: number;
  readonly isZero: boolean;
}

/**
 * Splits the first `length` bytes of `buffer`, which are those of the disk from `offset` on, into alternating runs of
 * data and zeros. Runs meet at multiples of ZERO_RUN_BYTES of the disk, so they fit every minimum block (at most 64 KiB).
 */
export function zeroRuns(buffer: Buffer, length: number, offset: number): Run[] {
  if (isZero(buffer, 0, length)) return [{ start: 0, end: length, isZero: true }];
  const runs: Run[] = [];
  let start = 0;
  while (start < length) {
    const end = Math.min(length, start + ZERO_RUN_BYTES - ((offset + start) % ZERO_RUN_BYTES));
    const zero = isZero(buffer, start, end);
    const last = runs.at(-1);
    if (last?.isZero === zero) last.end = end;
    else runs.push({ start, end, isZero: zero });
    start = end;
  }
  return runs;
}
