import { copyFile, open, rm, type FileHandle } from 'node:fs/promises';
import type { ByteRange } from '../../src/transfer/block-device.ts';
import { endOf, normalise } from '../../src/transfer/ranges.ts';
import { noise, type TestFolder } from './nbd-servers.ts';

/** A disk that changes between snapshots, each of which is a file of its own that nobody writes any more. */
export class FrozenSource {
  readonly #folder: TestFolder;
  readonly #sizeBytes: number;
  readonly #random: Random;
  #number = 0;

  constructor(folder: TestFolder, sizeBytes: number, random: Random) {
    this.#folder = folder;
    this.#sizeBytes = sizeBytes;
    this.#random = random;
  }

  get snapshot(): string {
    return `snapshot-${this.#number}`;
  }

  get path(): string {
    return this.#folder.file(this.snapshot);
  }

  /** The first snapshot: noise in `ranges`, and holes; or on top of an older disk. */
  async make(ranges: readonly ByteRange[], over?: string): Promise<void> {
    if (over !== undefined) await copyFile(over, this.path);
    await using file = await open(this.path, over === undefined ? 'w' : 'r+');
    await file.truncate(this.#sizeBytes);
    for (const range of ranges) await this.#write(file, range);
  }

  /** The next snapshot. @returns what changed, to the byte: noise in `data`, zeros elsewhere */
  async change(places: readonly ByteRange[]): Promise<{ changed: ByteRange[]; data: ByteRange[] }> {
    const before = this.path;
    this.#number += 1;
    await copyFile(before, this.path);
    await rm(before);
    const data: ByteRange[] = [];
    await using file = await open(this.path, 'r+');
    for (const place of places) {
      const length = Math.min(place.length, this.#sizeBytes - place.offset);
      if (length <= 0) continue;
      if (this.#random.below(3) === 0) {
        await file.write(Buffer.alloc(length), 0, length, place.offset);
      } else {
        await this.#write(file, { offset: place.offset, length });
        data.push({ offset: place.offset, length });
      }
    }
    return { changed: normalise(places), data: normalise(data) };
  }

  async #write(file: FileHandle, { offset, length }: ByteRange): Promise<void> {
    await file.write(noise(length, this.#random.below(2 ** 31) + 1), 0, length, offset);
  }
}

/** The same numbers in each run with the same seed (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit);
  }

  /** `count` ranges of up to `lengthMax` bytes, at any byte of [0, limit); they may overlap. */
  ranges(count: number, { limit, lengthMax }: { limit: number; lengthMax: number }): ByteRange[] {
    return Array.from({ length: count }, () => ({ offset: this.below(limit), length: 1 + this.below(lengthMax) }));
  }
}

/** What of two lists is in both. */
export const bytesInBoth = (one: readonly ByteRange[], other: readonly ByteRange[]): number => {
  let sum = 0;
  let index = 0;
  for (const range of one) {
    while (other[index] !== undefined && endOf(other[index] ?? range) <= range.offset) index += 1;
    for (let at = index; at < other.length; at += 1) {
      const next = other[at];
      if (next === undefined || next.offset >= endOf(range)) break;
      sum += Math.min(endOf(range), endOf(next)) - Math.max(range.offset, next.offset);
    }
  }
  return sum;
};
