import { open, readFile, rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { KiB, MiB } from '../../../src/base/units.ts';
import type { ByteRange } from '../../../src/transfer/block-device.ts';
import { endOf, normalise, subtract, sumBytes } from '../../../src/transfer/ranges.ts';
import { copyExport } from '../../support/nbd-copies.ts';
import { noise, startNbdkit, TestFolder, writeUsed, type NbdServer } from '../../support/nbd-servers.ts';
import { propertyRuns } from '../../support/property-runs.ts';

/** Whatever a disk holds, whatever of it is copied and whatever both servers insist on: the target is as computed. */

/** Smallest and largest request that a server takes; 0: it says nothing, and gets what a client may assume then. */
const SERVERS = { 0: undefined, 1: 96 * KiB, 512: 64 * KiB, 4096: 1 * MiB, 65_536: 128 * KiB } as const;
type BlockBytes = keyof typeof SERVERS;
const BLOCKS = [0, 1, 512, 4096, 65_536] as const;
const UNSAID_BYTES = 512;

let folder: TestFolder;
const servers = new Map<BlockBytes, NbdServer>();

beforeAll(async () => {
  folder = new TestFolder();
  for (const block of BLOCKS) {
    const max = SERVERS[block];
    const policy = [`minimum=${block}`, `preferred=${Math.max(block, 4096)}`, `maximum=${max}`, 'error-policy=error'];
    const settings = max === undefined ? [] : policy.map((setting) => `blocksize-${setting}`);
    const filter = max === undefined ? [] : ['--filter=blocksize-policy'];
    servers.set(block, await startNbdkit(folder, ...filter, 'file', `dir=${folder.path}`, ...settings));
  }
});

afterAll(async () => {
  for (const server of servers.values()) await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

interface Disks {
  readonly sourceBlock: BlockBytes;
  readonly targetBlock: BlockBytes;
  readonly sourceBytes: number;
  readonly targetBytes: number;
  readonly islands: readonly ByteRange[];
}

const up = (value: number, block: number): number => Math.ceil(value / (block || 1)) * (block || 1);
const down = (value: number, block: number): number => Math.floor(value / block) * block;
const ranges = (max: number, length: number, maxLength: number): fc.Arbitrary<ByteRange[]> =>
  fc.array(fc.record({ offset: fc.nat(max), length: fc.nat(length) }), { maxLength });

/** Sizes are odd where a server allows that: nbdkit's policy makes a last part of a block unreachable. */
const disks: fc.Arbitrary<Disks> = fc
  .record({
    sourceBlock: fc.constantFrom(...BLOCKS),
    targetBlock: fc.constantFrom(...BLOCKS),
    size: fc.integer({ min: 1, max: 2 * MiB }),
    extra: fc.oneof(fc.constant(0), fc.nat(200 * KiB)),
    islands: fc.oneof(ranges(2 * MiB, 300 * KiB, 6), ranges(2 * MiB, 2, 12)),
  })
  .map(({ sourceBlock, targetBlock, size, extra, islands }) => ({
    sourceBlock,
    targetBlock,
    sourceBytes: up(size, sourceBlock),
    targetBytes: up(up(size, sourceBlock) + extra, targetBlock),
    islands,
  }));

interface Work {
  readonly extents: readonly ByteRange[] | undefined;
  readonly outside: 'leave' | 'zero';
  readonly done: readonly ByteRange[];
  readonly useSourceExtents: boolean;
  readonly detectZeros: boolean;
  readonly requestBytes: number | undefined;
  readonly connections: readonly [number, number];
}

/** Extents in order, with overlaps, neighbours, empty ones, and some beyond the end. */
const extents = fc.oneof(
  fc.constant(undefined),
  ranges(2 * MiB + 100 * KiB, 400 * KiB, 10).map((some) => some.toSorted((a, b) => a.offset - b.offset)),
  fc.nat(2 * MiB).map((at) => [0, 1, 2, 3].map((n) => ({ offset: at + n * 512, length: 512 }))),
);

const work: fc.Arbitrary<Work> = fc.record({
  extents,
  outside: fc.constantFrom('leave' as const, 'zero' as const),
  done: fc.oneof(fc.constant([]), ranges(2 * MiB, 500 * KiB, 4)),
  useSourceExtents: fc.boolean(),
  detectZeros: fc.boolean(),
  requestBytes: fc.constantFrom(undefined, 4 * KiB, 64 * KiB, 1 * MiB),
  connections: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
});

/** What the target was full of: a byte that is never copied shows, and one that is copied too much. */
const USED = 0xff;

const contentOf = ({ islands, sourceBytes }: Disks): Buffer => {
  const content = Buffer.alloc(sourceBytes);
  for (const { offset, length } of islands) noise(length, offset + 1).copy(content, offset);
  return content;
};

interface Expected {
  readonly target: Buffer;
  readonly covered: readonly ByteRange[];
  readonly doneBytes: number;
}

/** The specification: extents grow outward to blocks of both sides, done ranges shrink inward. */
function expectedOf(made: Disks, { extents: wanted, outside, done }: Work, content: Buffer): Expected {
  const { sourceBytes } = made;
  const block = Math.max(made.sourceBlock || UNSAID_BYTES, made.targetBlock || UNSAID_BYTES);
  const target = Buffer.alloc(made.targetBytes, USED);
  const whole = [{ offset: 0, length: sourceBytes }];
  const inside = normalise(
    (wanted ?? whole)
      .filter(({ offset, length }) => length > 0 && offset < sourceBytes)
      .map((range) => {
        const offset = down(range.offset, block);
        return { offset, length: Math.min(up(Math.min(endOf(range), sourceBytes), block), sourceBytes) - offset };
      }),
  );
  const covered = outside === 'zero' ? whole : inside;
  if (outside === 'zero') target.fill(0, 0, sourceBytes);
  for (const { offset, length } of inside) content.copy(target, offset, offset, offset + length);
  let doneBytes = 0;
  for (const range of normalise(done)) {
    const start = up(range.offset, block);
    const end = endOf(range) >= sourceBytes ? sourceBytes : down(endOf(range), block);
    for (const { offset, length } of covered) {
      const [from, to] = [Math.max(start, offset), Math.min(end, offset + length)];
      if (to <= from) continue;
      target.fill(USED, from, to);
      doneBytes += to - from;
    }
  }
  return { target, covered, doneBytes };
}

let runs = 0;

async function writeSource(name: string, made: Disks, content: Buffer): Promise<void> {
  await using file = await open(folder.file(name), 'w');
  await file.truncate(made.sourceBytes);
  for (const { offset, length } of made.islands) {
    const bytes = content.subarray(offset, offset + length);
    if (bytes.length > 0) await file.write(bytes, 0, bytes.length, offset);
  }
}

test('any disk, any extents, any blocks: the target is as computed, and so are the numbers', async () => {
  const property = fc.asyncProperty(disks, work, async (made, wanted) => {
    runs += 1;
    const [from, to] = [`source${runs}`, `target${runs}`];
    const content = contentOf(made);
    await writeSource(from, made, content);
    await writeUsed(folder.file(to), made.targetBytes, USED);
    const expected = expectedOf(made, wanted, content);
    const saved: ByteRange[] = [];
    const { done, connections, ...options } = wanted;

    const result = await copyExport(serverOf(made.sourceBlock).uri(from), serverOf(made.targetBlock).uri(to), {
      source: { connections: connections[0] },
      target: { connections: connections[1] },
      copy: { ...options, checkpoint: { done, save: (some) => Promise.resolve(void saved.push(...some)) } },
    });

    const target = await readFile(folder.file(to));
    if (!target.equals(expected.target)) throw new Error(`differs at ${firstDifference(target, expected.target)}`);
    const totalBytes = sumBytes(expected.covered);
    expect(result.bytesCopied + result.bytesZeroed + result.bytesSkipped).toBe(totalBytes);
    expect(result).toMatchObject({
      bytesTotal: totalBytes,
      resumedBytes: expected.doneBytes,
      bytesSkipped: expected.doneBytes,
      retries: 0,
    });
    // A checkpoint at the end says that all of it is done; it may name what lies between, which nobody asked for.
    expect(subtract(expected.covered, normalise([...done, ...saved]))).toEqual([]);
    await Promise.all([from, to].map((name) => rm(folder.file(name))));
  });
  await fc.assert(property, propertyRuns(60));
});

test('extents that are not in order are refused, and nothing beside them is touched', async () => {
  const unsorted = ranges(1 * MiB, 100 * KiB, 8).filter((some) =>
    some.some((range, index) => range.offset < (some[index - 1]?.offset ?? 0)),
  );
  const property = fc.asyncProperty(unsorted, async (some) => {
    runs += 1;
    const made: Disks = { sourceBlock: 0, targetBlock: 0, sourceBytes: MiB, targetBytes: MiB, islands: [] };
    const [from, to] = [`source${runs}`, `target${runs}`];
    await writeSource(from, made, contentOf(made));
    await writeUsed(folder.file(to), MiB, USED);
    const copying = copyExport(serverOf(0).uri(from), serverOf(0).uri(to), { copy: { extents: some } });
    await expect(copying).rejects.toMatchObject({ code: 'transfer.extents-not-sorted' });
    const target = await readFile(folder.file(to));
    for (const range of some) {
      target.fill(USED, down(range.offset, UNSAID_BYTES), Math.min(up(endOf(range), UNSAID_BYTES), MiB));
    }
    expect(target.equals(Buffer.alloc(MiB, USED))).toBe(true);
  });
  await fc.assert(property, propertyRuns(10));
});

function serverOf(block: BlockBytes): NbdServer {
  const server = servers.get(block);
  if (server === undefined) throw new Error(`no server with blocks of ${block} bytes`);
  return server;
}

function firstDifference(one: Buffer, other: Buffer): string {
  if (one.length !== other.length) return `length ${one.length} instead of ${other.length}`;
  const at = one.findIndex((byte, index) => byte !== other[index]);
  return `${at}: ${one[at]} instead of ${other[at]}`;
}
