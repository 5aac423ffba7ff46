import { open, readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cancelled } from '../../../src/base/errors.ts';
import { KiB, MiB, SECOND } from '../../../src/base/units.ts';
import type { ByteRange } from '../../../src/transfer/block-device.ts';
import { startLyingTarget, type Lie } from '../../support/lying-target.ts';
import { connectWriter } from '../../support/nbd-writer.ts';
import {
  sha256OfExport,
  sha256OfFile,
  sourceAndUsedTarget,
  startNbdkit,
  TestFolder,
} from '../../support/nbd-servers.ts';
import { until } from '../../support/until.ts';
import { copyBetween, damage, VERIFIED_REQUEST as REQUEST } from '../../support/verified-copies.ts';

const SIZE = 12 * MiB;
const DATA = [
  { offset: 0, length: 5 * MiB },
  { offset: 6 * MiB + 4 * KiB, length: 3 * MiB },
];

describe('a verification of a target that does as it is told', () => {
  test('compares every byte of data and of zeros, and finds nothing', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(folder, 'file', used);
    const result = await copyBetween(folder, { from: from.uri(), to: to.uri() });
    expect(result.verify).toMatchObject({ mode: 'full', bytesVerified: SIZE, mismatches: 0, repairedBytes: 0 });
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });

  test('reads over new connections after the last flush, and as a sample little', async () => {
    using folder = new TestFolder();
    const size = 256 * MiB;
    const log = folder.file('log');
    await using from = await startNbdkit(folder, 'sparse-random', String(size), 'seed=3', 'percent=90');
    await using to = await startNbdkit(folder, '--filter=log', 'memory', String(size), `logfile=${log}`);
    const result = await copyBetween(folder, { from: from.uri(), to: to.uri() }, { mode: 'sample' });

    const lines = (await readFile(log, 'utf8')).split('\n');
    const reads = lines.flatMap((line) => (/ connection=(\d+) Read /.exec(line) ?? []).slice(1));
    const writes = lines.flatMap((line) => (/ connection=(\d+) (?:Write|Zero) /.exec(line) ?? []).slice(1));
    expect(reads.length).toBeGreaterThan(64);
    expect(reads.filter((connection) => writes.includes(connection))).toEqual([]);
    const lastFlush = lines.findLastIndex((line) => line.includes(' Flush '));
    expect(lines.findIndex((line) => line.includes(' Read '))).toBeGreaterThan(lastFlush);
    expect(result.verify).toMatchObject({ mode: 'sample', mismatches: 0 });
    expect(result.verify.bytesVerified).toBeGreaterThan(16 * MiB);
    expect(result.verify.bytesVerified).toBeLessThan(size / 2);
  });

  test('knows the end of a source that no block of either side fits', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using from = await startNbdkit(folder, 'file', image);
    const blocks = ['blocksize-minimum=4096', 'blocksize-preferred=64K', 'blocksize-maximum=256K'];
    await using to = await startNbdkit(folder, '--filter=blocksize-policy', 'file', used, ...blocks);
    const lengthBytes = 9 * MiB - 2_533;
    const result = await copyBetween(folder, { from: from.uri(), to: to.uri() }, { copy: { lengthBytes } });
    expect(result.verify).toMatchObject({ bytesVerified: lengthBytes, mismatches: 0 });
    expect(await sha256OfFile(used, lengthBytes)).toBe(await sha256OfFile(image, lengthBytes));
  });
});

describe('a target that lies', () => {
  const LIES: Lie[] = [
    'drops it',
    'writes it 64 KiB further on',
    'exchanges it with the next',
    'flips a byte of it',
    'writes half of it',
  ];
  const at = { at: 1 * MiB, length: REQUEST };

  test.each(LIES)('once about a write (%s) is found out, and the copy is repaired', async (lie) => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startLyingTarget(folder, lie, { image: used, ...at, isPersistent: false });
    const { verify } = await copyBetween(folder, { from: from.uri(), to: to.uri() });
    expect(verify.mismatches).toBeGreaterThan(0);
    expect(verify.repairedBytes).toBeGreaterThan(0);
    expect(verify.repairedBytes).toBeLessThan(SIZE / 2);
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });

  test('each time about the same write ends the copy, which says where', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startLyingTarget(folder, 'drops it', { image: used, ...at, isPersistent: true });
    let told = 0;
    const beforeRepair = async () => Promise.resolve(void (told += 1));
    await expect(copyBetween(folder, { from: from.uri(), to: to.uri() }, { beforeRepair })).rejects.toMatchObject({
      code: 'transfer.verify-failed',
      retry: 'never',
      details: { target: to.uri(), offset: 1 * MiB, length: REQUEST, ranges: 1, bytes: REQUEST },
    });
    // Before each of three repairs, and before it gave up.
    expect(told).toBe(4);
  });

  test.each(['sample', 'full'] as const)('about everything ends the copy (%s)', async (mode) => {
    using folder = new TestFolder();
    const { image } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(folder, 'null', String(SIZE));
    await expect(
      copyBetween(folder, { from: from.uri(), to: to.uri() }, { mode, copy: { allowNoFlush: true } }),
    ).rejects.toMatchObject({ code: 'transfer.verify-failed', details: { offset: 0, ranges: 2 } });
  });

  test('about reading zero is found out, and the copy is repaired', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(folder, 'file', used);
    const result = await copyBetween(folder, { from: from.uri(), to: to.uri() }, { copy: { targetIsZero: true } });
    expect(result.bytesSkipped).toBeGreaterThan(3 * MiB);
    expect(result.verify.repairedBytes).toBe(result.bytesSkipped);
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });
});

describe('a target that changes between copy and verification', () => {
  test('by another client is copied again where it changed', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(folder, '--filter=cow', 'file', used);
    const onReopen = async (time: number) => {
      if (time > 1) return undefined;
      await using other = await connectWriter(to.uri());
      await other.write(0x41, { offset: 2 * MiB + 512, length: 512 });
      await other.write(0x41, { offset: 10 * MiB, length: 512 });
      return undefined;
    };
    const result = await copyBetween(folder, { from: from.uri(), to: to.uri() }, { onReopen });
    expect(result.verify.mismatches).toBe(2);
    expect(await sha256OfExport(to.uri())).toBe(await sha256OfFile(image));
  });

  test('and in a sample shows one difference is compared as a whole', async () => {
    using folder = new TestFolder();
    const size = 128 * MiB;
    const { image, used } = await sourceAndUsedTarget(folder, size);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(folder, 'file', used);
    const everywhere = Array.from({ length: 128 }, (_, n) => n * MiB + 77);
    const result = await copyBetween(
      folder,
      { from: from.uri(), to: to.uri() },
      {
        mode: 'sample',
        onReopen: async (time) => {
          if (time === 1) await damage(used, ...everywhere);
          return undefined;
        },
      },
    );
    expect(result.verify).toMatchObject({ mode: 'full', mismatches: 128, bytesVerified: size });
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });

  test('is repaired where a repair went astray', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(folder, 'file', used);
    const result = await copyBetween(
      folder,
      { from: from.uri(), to: to.uri() },
      {
        // 1: first pass; 2: repair; 3: what was repaired; 4: everything once more.
        onReopen: async (time) => {
          if (time === 1) await damage(used, 3 * MiB);
          if (time === 3) await damage(used, 8 * MiB);
          return undefined;
        },
      },
    );
    expect(result.verify.mismatches).toBe(2);
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });

  test.each([
    ['once', 1, undefined],
    ['always', Infinity, 'transfer.verify-failed'],
  ])('by bytes exchanged on the way back (%s)', async (_name, times, code) => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(folder, 'file', used);
    await using swapped = await startNbdkit(folder, '--filter=swab', 'file', used, 'swab-bits=16');
    const onReopen = (time: number, how: { readonly readOnly: boolean }) =>
      Promise.resolve(how.readOnly && time <= times ? swapped.uri() : undefined);
    const copying = copyBetween(folder, { from: from.uri(), to: to.uri() }, { onReopen });
    if (code === undefined) expect((await copying).verify.repairedBytes).toBe(8 * MiB);
    else await expect(copying).rejects.toMatchObject({ code });
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });
});

describe('a verification of extents', () => {
  const extents = [
    { offset: 1 * MiB, length: 64 * KiB },
    { offset: 5 * MiB - 4 * KiB, length: 1 * MiB },
  ];

  test('looks at them alone, and repairs nothing else', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(folder, 'file', used);
    const result = await copyBetween(
      folder,
      { from: from.uri(), to: to.uri() },
      {
        extents,
        onReopen: async (time) => {
          if (time === 1) await damage(used, 1 * MiB + 5, 1 * MiB - 1, 5 * MiB + 600 * KiB);
          return undefined;
        },
      },
    );
    expect(result.verify).toMatchObject({ bytesVerified: 1 * MiB + 64 * KiB, mismatches: 2 });
    const expected = Buffer.alloc(SIZE, 0xa5);
    await using source = await open(image);
    for (const { offset, length } of extents) await source.read(expected, offset, length, offset);
    expected[1 * MiB - 1] = 0xa5 ^ 0x41;
    await using target = await open(used);
    expect((await target.readFile()).equals(expected)).toBe(true);
  });

  test('knows that the rest of a used target is zero, whatever the source has there', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(folder, 'file', used);
    const result = await copyBetween(
      folder,
      { from: from.uri(), to: to.uri() },
      {
        extents,
        copy: { outside: 'zero' },
        onReopen: async (time) => {
          if (time === 1) await damage(used, 1 * MiB + 5, 2 * MiB, 11 * MiB);
          return undefined;
        },
      },
    );
    expect(result.verify).toMatchObject({ bytesVerified: SIZE, mismatches: 3 });
    const expected = Buffer.alloc(SIZE);
    await using source = await open(image);
    for (const { offset, length } of extents) await source.read(expected, offset, length, offset);
    await using target = await open(used);
    expect((await target.readFile()).equals(expected)).toBe(true);
  });
});

describe('a resumed copy', () => {
  const read = async (log: string): Promise<number> => {
    await using file = await open(log);
    const lines = (await file.readFile('utf8')).matchAll(/ Read .*count=0x([0-9a-f]+)/g);
    return [...lines].reduce((sum, match) => sum + parseInt(match[1] ?? '0', 16), 0);
  };

  test.each([
    ['with its manifest reads nothing of what was done', true],
    ['without it reads what was done once more, and writes none of it', false],
  ])('%s, and finds what is wrong there', async (_name, hasManifest) => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    const log = folder.file('log');
    await using from = await startNbdkit(folder, '--filter=log', 'file', image, `logfile=${log}`);
    await using to = await startNbdkit(folder, 'file', used);
    const uris = { from: from.uri(), to: to.uri() };
    const stop = new AbortController();
    const done: ByteRange[] = [];
    const checkpoint = {
      done,
      everyMs: 0,
      save: (ranges: readonly ByteRange[]) => {
        done.push(...ranges);
        if (done.reduce((sum, range) => sum + range.length, 0) > 4 * MiB) stop.abort(cancelled('test.stop', 'enough'));
        return Promise.resolve();
      },
    };
    await expect(
      copyBetween(folder, uris, {
        copy: { checkpoint: { ...checkpoint, done: [] }, signal: stop.signal, inFlight: 1 },
      }),
    ).rejects.toMatchObject({ code: 'test.stop' });
    const before = await read(log);
    await damage(used, 1 * MiB);

    const manifest = hasManifest ? folder.file('manifest') : folder.file('another');
    const result = await copyBetween(folder, uris, {
      manifest,
      copy: { checkpoint: { done, save: () => Promise.resolve() } },
    });
    expect(result.resumedBytes).toBeGreaterThan(4 * MiB - 1);
    expect(result.verify).toMatchObject({ bytesVerified: SIZE, mismatches: 1, repairedBytes: REQUEST });
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
    const again = (await read(log)) - before - REQUEST;
    if (hasManifest) expect(again).toBeLessThan(8 * MiB - 4 * MiB + 2 * REQUEST);
    else expect(again).toBeGreaterThan(8 * MiB - 1);
  });
});

test('a verification that is cancelled ends at once', async () => {
  using folder = new TestFolder();
  const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
  await using from = await startNbdkit(folder, 'file', image);
  await using to = await startNbdkit(folder, 'file', used);
  const log = folder.file('log');
  const filters = ['--filter=log', '--filter=delay'];
  await using slow = await startNbdkit(folder, ...filters, 'file', used, 'delay-read=20', `logfile=${log}`);
  const stop = new AbortController();
  const copying = copyBetween(
    folder,
    { from: from.uri(), to: to.uri() },
    {
      copy: { signal: stop.signal },
      onReopen: () => Promise.resolve(slow.uri()),
    },
  );
  const ended = expect(copying).rejects.toMatchObject({ code: 'test.stop' });
  const isReading = async () => (await readFile(log, 'utf8')).includes(' Read ');
  await until(isReading, { withinMs: 60 * SECOND, what: 'the first read' });
  const startedAtMs = performance.now();
  stop.abort(cancelled('test.stop', 'stop'));
  await ended;
  expect(performance.now() - startedAtMs).toBeLessThan(10 * SECOND);
});

test('whatever is damaged, wherever, a full verification repairs it', async () => {
  using folder = new TestFolder();
  const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
  await using from = await startNbdkit(folder, 'file', image);
  await using to = await startNbdkit(folder, 'file', used);
  const expected = await sha256OfFile(image);
  const offsets = fc.uniqueArray(fc.nat({ max: SIZE - 1 }), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(offsets, fc.constantFrom(64 * KiB, 192 * KiB, REQUEST), async (damaged, requestBytes) => {
      const onReopen = async (time: number) => {
        if (time === 1) await damage(used, ...damaged);
        return undefined;
      };
      const result = await copyBetween(
        folder,
        { from: from.uri(), to: to.uri() },
        { onReopen, copy: { requestBytes } },
      );
      expect(result.verify.mismatches).toBeGreaterThan(0);
      expect(result.verify.mismatches).toBeLessThanOrEqual(damaged.length);
      expect(await sha256OfFile(used)).toBe(expected);
    }),
    { numRuns: 8, seed: 11 },
  );
});
