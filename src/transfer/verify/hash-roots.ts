import { GiB } from '../../base/units.ts';
import { cut } from '../ranges.ts';
import { hashText, type ChunkHash } from './chunk-hash.ts';
import type { ManifestRecord } from './manifest-frame.ts';
import type { Manifest } from './manifest.ts';

/** One hash over all that a manifest says about one GiB of the disk. */
export interface HashRoot {
  readonly gibIndex: number;
  /** 16 hexadecimal digits. */
  readonly root: string;
  readonly dataBytes: number;
  readonly zeroBytes: number;
}

interface Sums {
  records: bigint;
  dataBytes: number;
  zeroBytes: number;
}

/**
 * Of each GiB in which something was copied, ascending. A chunk belongs to the GiB in which it begins. Two manifests with
 * the same chunks have the same roots, whatever the order in which they were copied: the hash of each record (offset,
 * length and hash as 64-bit numbers, little endian) is added up, modulo 2^64, and that sum, the bytes of data and those
 * of zeros are hashed once more.
 */
export async function hashRoots(manifest: Manifest): Promise<HashRoot[]> {
  const gibs = new Map<number, Sums>();
  for await (const records of manifest.records()) for (const record of records) add(gibs, record, manifest.hash);
  return [...gibs]
    .sort(([a], [b]) => a - b)
    .map(([gibIndex, { records, dataBytes, zeroBytes }]) => {
      const root = hashText(manifest.hash(words(records, BigInt(dataBytes), BigInt(zeroBytes))));
      return { gibIndex, root, dataBytes, zeroBytes };
    });
}

function add(gibs: Map<number, Sums>, record: ManifestRecord, hash: ChunkHash): void {
  if (record.kind === 'data') {
    const sums = sumsOf(gibs, record.offset);
    const own = hash(words(BigInt(record.offset), BigInt(record.length), record.hash));
    sums.records = BigInt.asUintN(64, sums.records + own);
    sums.dataBytes += record.length;
    return;
  }
  for (const part of cut(record, GiB)) sumsOf(gibs, part.offset).zeroBytes += part.length;
}

function sumsOf(gibs: Map<number, Sums>, offset: number): Sums {
  const index = Math.floor(offset / GiB);
  const known = gibs.get(index);
  if (known !== undefined) return known;
  const sums: Sums = { records: 0n, dataBytes: 0, zeroBytes: 0 };
  gibs.set(index, sums);
  return sums;
}

function words(...values: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((value, index) => bytes.writeBigUInt64LE(value, 8 * index));
  return bytes;
}
