import { describe, expect, test } from '@jest/globals';
import { upstream } from '../../../src/base/errors.ts';
import { GiB, KiB } from '../../../src/base/units.ts';
import { dirtyExtents } from '../../../src/nbd/dirty-bitmap.ts';
import { dirtyRanges, type DirtyRanges } from '../../../src/nbd/status-extents.ts';
import type { ByteRange } from '../../../src/transfer/block-device.ts';

const DIRTY = 1;
const bitmap = (...extents: [length: number, flags: number][]) => ({
  contextId: 5,
  extents: extents.map(([length, flags]) => ({ length, flags })),
});

describe('the answer of a dirty bitmap', () => {
  const range = { offset: 1000, length: 1000 };

  test('is cut to what was asked for', () => {
    const asked = { offset: 512, length: 2048 };
    expect(dirtyRanges(bitmap([588, DIRTY], [100, 0], [5000, DIRTY]), asked, range)).toEqual({
      ranges: [
        { offset: 1000, length: 100 },
        { offset: 1200, length: 800 },
      ],
      endBytes: 2000,
    });
  });

  test('may be short: it ends where the server stopped', () => {
    expect(dirtyRanges(bitmap([300, 0], [200, DIRTY]), range, range)).toEqual({
      ranges: [{ offset: 1300, length: 200 }],
      endBytes: 1500,
    });
  });

  test('has one bit that means dirty; others mean nothing', () => {
    expect(dirtyRanges(bitmap([500, 2], [500, 3]), range, range).ranges).toEqual([{ offset: 1500, length: 500 }]);
  });

  test('that does not get as far as the question is an error, and not "clean"', () => {
    expect(() => dirtyRanges(bitmap([488, 0]), { offset: 512, length: 1488 }, range)).toThrow('ends before');
  });
});

/** A disk whose bitmap has `dirty`, and whose server tells of at most `mostBytes` at a time. */
function disk(sizeBytes: number, dirty: readonly ByteRange[], mostBytes = Infinity) {
  const asked: ByteRange[] = [];
  return {
    sizeBytes,
    asked,
    dirty(offset: number, length: number): Promise<DirtyRanges> {
      asked.push({ offset, length });
      const endBytes = offset + Math.min(length, mostBytes);
      const ranges = dirty.filter((each) => each.offset >= offset && each.offset + each.length <= endBytes);
      return Promise.resolve({ ranges, endBytes });
    },
  };
}

const all = async (extents: AsyncIterable<ByteRange>): Promise<ByteRange[]> => {
  const found = [];
  for await (const extent of extents) found.push(extent);
  return found;
};

describe('the extents of a dirty bitmap', () => {
  const dirty = [
    { offset: 0, length: 64 * KiB },
    { offset: 2 * GiB, length: 64 * KiB },
    { offset: 5 * GiB - 64 * KiB, length: 512 },
  ];

  test('are asked for in windows that do not grow with the disk', async () => {
    const device = disk(5 * GiB - 512, dirty);
    expect(await all(dirtyExtents(device))).toEqual(dirty);
    expect(device.asked.map(({ length }) => length)).toEqual([GiB, GiB, GiB, GiB, GiB - 512]);
  });

  test('go on where a short answer ended', async () => {
    const device = disk(5 * GiB - 512, dirty, 640 * KiB * KiB);
    expect(await all(dirtyExtents(device))).toEqual(dirty);
    expect(device.asked.every(({ offset }, at) => offset === at * 640 * KiB * KiB)).toBe(true);
  });

  test('are never made up: what a question fails with ends them', async () => {
    const device = { sizeBytes: GiB, dirty: () => Promise.reject(upstream('nbd.io-error', 'cannot tell')) };
    await expect(all(dirtyExtents(device))).rejects.toMatchObject({ code: 'nbd.io-error' });
  });
});
