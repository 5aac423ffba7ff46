import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GiB, KiB, MiB } from '../../../src/base/units.ts';
import { openNbdDevice } from '../../../src/nbd/device.ts';
import { sumBytes } from '../../../src/transfer/ranges.ts';
import { copyExport } from '../../support/nbd-copies.ts';
import { areEqual, startNbdkit, TestFolder, writeUsed } from '../../support/nbd-servers.ts';
import { propertyRuns } from '../../support/property-runs.ts';
import { RequestLog } from '../../support/request-log.ts';

/** Single bytes on large disks: each must arrive, and what was on the target must go. */

const TiB = 1024 * GiB;

/** As nbdkit's data plugin reads it. Offsets must not repeat. */
const layout = (islands: readonly number[]): string =>
  islands.map((at) => `@${at} ${1 + (at % 255)}`).join(' ') || '@0 0';

const islandsIn = (size: number): fc.Arbitrary<number[]> =>
  fc
    .uniqueArray(fc.nat(size / 512 - 1), { maxLength: 24 })
    .chain((sectors) =>
      fc
        .array(fc.nat(511), { minLength: sectors.length, maxLength: sectors.length })
        .map((within) => sectors.map((sector, index) => sector * 512 + (within[index] ?? 0))),
    );

test('one byte in every 4 MiB, anywhere in it, is never taken for zero', async () => {
  const parts = 24;
  const places = fc.array(fc.nat(4 * MiB - 1), { minLength: parts, maxLength: parts });
  const property = fc.asyncProperty(places, fc.boolean(), async (within, hasExtents) => {
    using folder = new TestFolder();
    const size = parts * 4 * MiB;
    const islands = within.map((at, part) => part * 4 * MiB + at);
    const filter = hasExtents ? [] : ['--filter=noextents'];
    await using from = await startNbdkit(folder, ...filter, 'data', layout(islands), `size=${size}`);
    await writeUsed(folder.file('used'), size, 0xff);
    await using to = await startNbdkit(folder, 'file', folder.file('used'));
    const result = await copyExport(from.uri(), to.uri());
    expect(await areEqual(from.uri(), to.uri())).toBe(true);
    expect(result.bytesCopied).toBeLessThanOrEqual(parts * 64 * KiB);
  });
  await fc.assert(property, propertyRuns(2));
});

test('random bytes on ten TiB arrive on a fresh disk, which gets nothing else', async () => {
  const size = 10 * TiB;
  const property = fc.asyncProperty(islandsIn(size), async (islands) => {
    using folder = new TestFolder();
    await using from = await startNbdkit(folder, 'data', layout(islands), `size=${size}`);
    await using to = await startNbdkit(folder, '--filter=log', 'memory', String(size), `logfile=${folder.file('log')}`);
    const result = await copyExport(from.uri(), to.uri(), { copy: { targetIsZero: true } });
    expect(result).toMatchObject({ bytesTotal: size, bytesZeroed: 0 });
    expect(sumBytes(RequestLog.read(folder.file('log')).written)).toBeLessThanOrEqual(islands.length * 64 * KiB);
    await using source = await openNbdDevice(from.uri(), { readOnly: true });
    await using target = await openNbdDevice(to.uri());
    for (const at of islands) {
      const start = at - (at % (64 * KiB));
      const [ours, theirs] = [Buffer.alloc(64 * KiB), Buffer.alloc(64 * KiB)];
      await Promise.all([source.read(start, ours), target.read(start, theirs)]);
      expect(theirs[at - start]).toBe(1 + (at % 255));
      expect(theirs.equals(ours)).toBe(true);
    }
  });
  await fc.assert(property, propertyRuns(1));
});

test('bytes of an earlier life on a large used disk are gone, those of the source are there', async () => {
  const size = 256 * GiB + 512;
  const property = fc.asyncProperty(islandsIn(size), islandsIn(size), async (islands, earlier) => {
    using folder = new TestFolder();
    await using from = await startNbdkit(folder, 'data', layout(islands), `size=${size}`);
    await using to = await startNbdkit(folder, 'data', layout(earlier), `size=${size}`);
    await copyExport(from.uri(), to.uri());
    expect(await areEqual(from.uri(), to.uri())).toBe(true);
  });
  await fc.assert(property, propertyRuns(2));
});

test('bytes that come to light one after the other, while all of the copy waits for the next, arrive', async () => {
  using folder = new TestFolder();
  const size = 96 * GiB;
  const islands = Array.from({ length: 48 }, (_, n) => n * 2 * GiB + n * 4096 + 7);
  const plugin = ['data', layout(islands), `size=${size}`];
  // Long enough for a copy to try more requests at a time, and to give that up.
  await using from = await startNbdkit(folder, '--filter=delay', ...plugin, 'delay-extents=50ms');
  await using to = await startNbdkit(folder, 'memory', String(size));
  const result = await copyExport(from.uri(), to.uri(), { copy: { targetIsZero: true } });
  expect(result).toMatchObject({ bytesTotal: size, bytesZeroed: 0 });
  await using plain = await startNbdkit(folder, ...plugin);
  expect(await areEqual(plain.uri(), to.uri())).toBe(true);
});
