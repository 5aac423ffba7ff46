import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { KiB, MiB } from '../../../../src/base/units.ts';
import { diskHashes } from '../../../../src/transfer/verify/disk-hashes.ts';
import { hashText, loadChunkHash } from '../../../../src/transfer/verify/chunk-hash.ts';
import type { HashRecord } from '../../../../src/transfer/verify/hash-record.ts';
import { normalise, rangeBetween } from '../../../../src/transfer/ranges.ts';
import { RateLimit } from '../../../../src/transfer/rate-limit.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';
import { noise } from '../../../support/nbd-servers.ts';

let chunkHash: (bytes: Buffer) => string;
beforeAll(async () => {
  const hash = await loadChunkHash();
  chunkHash = (bytes) => hashText(hash(bytes));
});
const never = new AbortController().signal;

const collect = async (records: AsyncIterable<HashRecord>): Promise<HashRecord[]> => {
  const all: HashRecord[] = [];
  for await (const record of records) all.push(record);
  return all;
};

/** Each block by itself: what the records say, and what the bytes are. */
const byBlock = (records: readonly HashRecord[], blockBytes: number): string[] =>
  records.flatMap((record) => {
    if (record.kind === 'data') return [`${record.offset}+${record.length} ${record.hash}`];
    const blocks = [];
    for (let at = record.offset; at < record.offset + record.length; at += blockBytes) {
      blocks.push(`${at}+${Math.min(blockBytes, record.offset + record.length - at)} zero`);
    }
    return blocks;
  });

const blocksOf = (bytes: Buffer, from: number, of: { end: number; blockBytes: number }): string[] => {
  const blocks = [];
  for (let at = from; at < of.end; at += of.blockBytes) {
    const block = bytes.subarray(at, Math.min(of.end, at + of.blockBytes));
    blocks.push(`${at}+${block.length} ${block.every((byte) => byte === 0) ? 'zero' : chunkHash(block)}`);
  }
  return blocks;
};

interface Part {
  offset: number;
  length: number;
  byte: number;
}

const imageOf = (sizeBytes: number, parts: readonly Part[]): Buffer => {
  const bytes = Buffer.alloc(sizeBytes);
  for (const { offset, length, byte } of parts) bytes.fill(byte, offset, Math.min(sizeBytes, offset + length));
  return bytes;
};

const cases = fc.record({
  sizeBytes: fc.integer({ min: 1, max: 5 * MiB }),
  parts: fc.array(fc.record({ offset: fc.nat(5 * MiB), length: fc.integer({ min: 1, max: MiB }), byte: fc.nat(255) }), {
    maxLength: 6,
  }),
  blockBytes: fc.constantFrom(64 * KiB, 256 * KiB, MiB, 2 * MiB),
  minBytes: fc.constantFrom(1, 512, 4096),
  maxBytes: fc.constantFrom(64 * KiB, 32 * MiB),
  skipBlocks: fc.nat(3),
  cutBytes: fc.nat(MiB),
  knowsHoles: fc.boolean(),
});

describe('hashes of a disk', () => {
  test('are those of its blocks, whatever the disk knows of its zeros and whatever it takes', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        const { sizeBytes, parts, blockBytes, minBytes, maxBytes } = one;
        const bytes = imageOf(sizeBytes, parts);
        const written = normalise(parts).filter((part) => part.offset < sizeBytes);
        const holes = [];
        for (let at = 0, index = 0; at < sizeBytes; index += 1) {
          const next = written[index] ?? { offset: sizeBytes, length: 0 };
          if (next.offset > at) holes.push({ ...rangeBetween(at, next.offset), kind: 'zero' as const });
          at = next.offset + Math.max(next.length, 1);
        }
        const disk = new MemoryDisk(bytes, { limits: { minBytes, maxBytes }, ...(one.knowsHoles ? { holes } : {}) });
        const end = Math.max(0, sizeBytes - one.cutBytes);
        const from = Math.min(one.skipBlocks * blockBytes, end - (end % blockBytes));
        const range = rangeBetween(from, end);
        const records = await collect(diskHashes({ disk, range, blockBytes, signal: never }));
        expect(byBlock(records, blockBytes)).toEqual(blocksOf(bytes, from, { end, blockBytes }));
      }),
      { numRuns: 60 },
    );
  });

  test('of more than is read at a time are those of its blocks, however many pieces a read has', async () => {
    const bytes = noise(24 * MiB);
    const disk = new MemoryDisk(bytes, { limits: { maxBytes: 256 * KiB } });
    const range = rangeBetween(0, bytes.length);
    const records = await collect(diskHashes({ disk, range, blockBytes: MiB, signal: never }));
    expect(byBlock(records, MiB)).toEqual(blocksOf(bytes, 0, { end: bytes.length, blockBytes: MiB }));
  });

  test('of what the disk knows to be zero cost no reading, and are one record', async () => {
    const disk = new MemoryDisk(Buffer.alloc(64 * MiB), { holes: [{ offset: 0, length: 64 * MiB, kind: 'zero' }] });
    const range = { offset: 0, length: 64 * MiB };
    const records = await collect(diskHashes({ disk, range, blockBytes: MiB, signal: never }));
    expect(records).toEqual([{ ...range, kind: 'zero' }]);
    expect(disk.bytesRead).toBe(0);
  });

  test('are read some at a time, and no faster than they are taken', async () => {
    const disk = new MemoryDisk(Buffer.alloc(64 * MiB, 7));
    const records = diskHashes({
      disk,
      range: { offset: 0, length: 64 * MiB },
      blockBytes: MiB,
      signal: never,
    });
    await records.next();
    expect(disk.inFlightMax).toBeGreaterThan(1);
    expect(disk.bytesRead).toBeLessThanOrEqual(9 * MiB);
    await records.return(undefined);
  });

  test('end with the error of the disk, after the blocks before it', async () => {
    const disk = new MemoryDisk(Buffer.alloc(8 * MiB, 7));
    disk.failsFrom = 3 * MiB;
    const got: number[] = [];
    const run = async (): Promise<void> => {
      for await (const { offset } of diskHashes({
        disk,
        range: { offset: 0, length: 8 * MiB },
        blockBytes: MiB,
        signal: never,
      })) {
        got.push(offset);
      }
    };
    await expect(run()).rejects.toThrow('the disk is broken here');
    expect(got).toEqual([0, MiB, 2 * MiB]);
  });

  test('end with the reason of the signal, also while a rate limit holds them', async () => {
    const stop = new AbortController();
    const records = diskHashes({
      disk: new MemoryDisk(Buffer.alloc(64 * MiB, 7)),
      range: { offset: 0, length: 64 * MiB },
      blockBytes: MiB,
      rate: new RateLimit(1),
      signal: stop.signal,
    });
    await records.next();
    const second = records.next();
    stop.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
  });
});
