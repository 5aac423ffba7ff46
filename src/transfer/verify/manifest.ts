import { randomInt } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import type { ByteRange } from '../block-device.ts';
import { endOf, normalise, rangeBetween } from '../ranges.ts';
import { loadChunkHash, type ChunkHash } from './chunk-hash.ts';
import { ManifestFile } from './manifest-file.ts';
import type { ManifestRecord } from './manifest-frame.ts';
import { RangeIndex } from './range-index.ts';

export interface ManifestOptions {
  readonly path: string;
  /** Of the copy: same source snapshot, same extents. The records of another one are thrown away. */
  readonly identity: string;
  readonly lengthBytes: number;
  /** What earlier runs of this copy made durable (normal form); records of anything else are not true any more. */
  readonly done: readonly ByteRange[];
  /** Chooses the sample. Default: that of the earlier run, else a random one. */
  readonly seed?: number | undefined;
}

/**
 * What a copy read from its source, chunk by chunk, as hashes in a file: what the target must hold. Survives its process
 * as a checkpoint does, but is never waited for: a record that a power cut swallowed is made again from the source.
 * No two records speak of the same byte, except where a resumed copy began again at the start of a block.
 */
export class Manifest {
  readonly hash: ChunkHash;
  /** Of the largest chunk of data. */
  longestBytes = 0;
  readonly #path: string;
  #file: ManifestFile;
  #adding: Promise<void> = Promise.resolve();

  private constructor(path: string, file: ManifestFile, hash: ChunkHash) {
    this.#path = path;
    this.#file = file;
    this.hash = hash;
  }

  /**
   * Opens or makes the file; what it says about `done` stays. Errors: transfer.manifest-foreign,
   * transfer.manifest-unwritable; those of loadChunkHash.
   */
  static async open(options: ManifestOptions): Promise<Manifest> {
    const { path, identity, lengthBytes } = options;
    const hash = await loadChunkHash();
    const found = await ManifestFile.openExisting(path, hash);
    const isSame = found?.header.identity === identity && found.header.lengthBytes === lengthBytes;
    if (found !== undefined && isSame) {
      const manifest = new Manifest(path, found, hash);
      const done = new RangeIndex(options.done);
      try {
        await manifest.#rewrite((record) => {
          if (record.kind === 'zero') return done.inside(record).map(zeroRecord);
          return done.holds(record) ? [record] : [];
        }, options.seed ?? found.header.seed);
      } catch (error) {
        await manifest.close();
        throw error;
      }
      return manifest;
    }
    await found?.close();
    const seed = options.seed ?? randomInt(2 ** 32);
    const fresh = freshName(path);
    const file = await ManifestFile.create(fresh, { identity, lengthBytes, seed }, hash);
    await rename(fresh, path);
    return new Manifest(path, file, hash);
  }

  get seed(): number {
    return this.#file.header.seed;
  }

  get lengthBytes(): number {
    return this.#file.header.lengthBytes;
  }

  /** Zeros that touch become one record. May be called again before it has returned. Errors: transfer.manifest-unwritable. */
  add(records: readonly ManifestRecord[]): Promise<void> {
    const data = records.filter((record) => record.kind === 'data').sort((a, b) => a.offset - b.offset);
    const zeros = normalise(records.filter((record) => record.kind === 'zero'));
    this.longestBytes = Math.max(this.longestBytes, longestOf(data));
    const file = this.#file;
    const adding = this.#adding.then(() => file.append([...data, ...zeros.map(zeroRecord)]));
    // Its failure is that of the call, not also of the one after it.
    this.#adding = adding.catch(() => undefined);
    return adding;
  }

  /** All records, some at a time, about in the order in which they were copied. Not while `add` runs. */
  records(): AsyncGenerator<ManifestRecord[]> {
    return this.#file.frames();
  }

  /** What there are records of, in normal form. */
  async coverage(): Promise<ByteRange[]> {
    const ranges: ByteRange[] = [];
    for await (const records of this.records()) for (const record of records) append(ranges, record);
    return normalise(ranges);
  }

  /** Forgets what is inside of `ranges` (normal form): it is about to be copied anew. */
  async forget(ranges: readonly ByteRange[]): Promise<void> {
    const gone = new RangeIndex(ranges);
    await this.#rewrite((record) => {
      if (record.kind === 'zero') return gone.outside(record).map(zeroRecord);
      return gone.holds(record) ? [] : [record];
    }, this.seed);
  }

  /** May be called again. */
  async close(): Promise<void> {
    await this.#adding;
    await this.#file.close();
  }

  /** Closes it and removes the file. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.#path, { force: true });
  }

  async #rewrite(keep: (record: ManifestRecord) => ManifestRecord[], seed: number): Promise<void> {
    await this.#adding;
    const before = this.#file;
    const fresh = freshName(this.#path);
    const file = await ManifestFile.create(fresh, { ...before.header, seed }, this.hash);
    let longestBytes = 0;
    try {
      for await (const records of before.frames()) {
        const all = records.flatMap(keep);
        await file.append(all);
        longestBytes = Math.max(longestBytes, longestOf(all));
      }
      await rename(fresh, this.#path);
    } catch (error) {
      await file.close();
      await rm(fresh, { force: true });
      throw error;
    }
    await before.close();
    this.#file = file;
    this.longestBytes = longestBytes;
  }
}

/** Never written in place: a process that lost its job may still write to the file that was there. */
const freshName = (path: string): string => `${path}.${process.pid}-${randomInt(2 ** 32)}`;

const longestOf = (records: readonly ManifestRecord[]): number =>
  records.reduce((longest, { kind, length }) => (kind === 'data' ? Math.max(longest, length) : longest), 0);

const zeroRecord = ({ offset, length }: ByteRange): ManifestRecord => ({ kind: 'zero', offset, length });

/** Joins what touches, so that a list of many chunks stays short. */
function append(ranges: ByteRange[], range: ByteRange): void {
  const last = ranges.at(-1);
  if (last !== undefined && endOf(last) === range.offset) ranges.pop();
  const start = last !== undefined && endOf(last) === range.offset ? last.offset : range.offset;
  ranges.push(rangeBetween(start, endOf(range)));
}
