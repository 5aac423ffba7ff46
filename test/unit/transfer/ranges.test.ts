import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ByteRange } from '../../../src/transfer/block-device.ts';
import {
  alignOutward,
  clip,
  complement,
  cut,
  endOf,
  normalise,
  RangeCursor,
  subtract,
  sumBytes,
} from '../../../src/transfer/ranges.ts';

// The model: a range list is the set of its bytes on a small disk.
const DISK = 200;
const range = fc.record({ offset: fc.nat(DISK), length: fc.nat(40) });
const ranges = fc.array(range, { maxLength: 15 });

const bytesOf = (list: Iterable<ByteRange>): Set<number> => {
  const bytes = new Set<number>();
  for (const { offset, length } of list) for (let at = offset; at < offset + length; at += 1) bytes.add(at);
  return bytes;
};

const expectNormal = (list: readonly ByteRange[]): void => {
  list.forEach((item, index) => {
    const before = list[index - 1];
    expect(item.length).toBeGreaterThan(0);
    if (before !== undefined) expect(item.offset).toBeGreaterThan(endOf(before));
  });
};

describe('ranges behave as sets of bytes', () => {
  test('normal form keeps the bytes and has neither overlaps nor neighbours', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        const normal = normalise(list);
        expectNormal(normal);
        expect(bytesOf(normal)).toEqual(bytesOf(list));
        expect(sumBytes(normal)).toBe(bytesOf(list).size);
      }),
    );
  });

  test('subtraction leaves exactly the bytes that the other list does not have', () => {
    fc.assert(
      fc.property(ranges, ranges, (a, b) => {
        const result = subtract(normalise(a), normalise(b));
        expectNormal(result);
        expect(bytesOf(result)).toEqual(new Set([...bytesOf(a)].filter((at) => !bytesOf(b).has(at))));
      }),
    );
  });

  test('a list and its complement make up the disk', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        const inside = normalise(list).flatMap((item) => clip(item, DISK) ?? []);
        const outside = complement(inside, DISK);
        expect([...bytesOf(outside)].filter((at) => bytesOf(inside).has(at))).toEqual([]);
        expect(sumBytes(inside) + sumBytes(outside)).toBe(DISK);
      }),
    );
  });

  test('a cursor that walks forward answers like a fresh subtraction', () => {
    fc.assert(
      fc.property(ranges, ranges, (a, b) => {
        const walked = normalise(a);
        const cursor = new RangeCursor(normalise(b));
        const answers = walked.flatMap((item) => [...cursor.outside(item)]);
        expect(answers).toEqual(walked.flatMap((item) => [...new RangeCursor(normalise(b)).outside(item)]));
      }),
    );
  });

  test('growing outward covers the range, stays on the disk and ends on block borders', () => {
    fc.assert(
      fc.property(range, fc.constantFrom(1, 2, 8, 16), (item, block) => {
        const clipped = clip(item, DISK);
        if (clipped === undefined) return;
        const grown = alignOutward(clipped, block, DISK);
        expect(grown.offset % block).toBe(0);
        expect(endOf(grown) === DISK || endOf(grown) % block === 0).toBe(true);
        expect(grown.offset).toBeLessThanOrEqual(clipped.offset);
        expect(endOf(grown)).toBeGreaterThanOrEqual(endOf(clipped));
        expect(grown.length).toBeLessThan(clipped.length + 2 * block);
      }),
    );
  });

  test('pieces are gapless, end at multiples of the piece size and never exceed it', () => {
    fc.assert(
      fc.property(range, fc.integer({ min: 1, max: 50 }), (item, size) => {
        const pieces = [...cut(item, size)];
        expect(sumBytes(pieces)).toBe(item.length);
        let position = item.offset;
        for (const piece of pieces) {
          expect(piece.offset).toBe(position);
          expect(piece.length).toBeGreaterThan(0);
          expect(Math.floor(piece.offset / size)).toBe(Math.floor((endOf(piece) - 1) / size));
          position = endOf(piece);
        }
      }),
    );
  });

  test('offsets near 2^53 stay exact', () => {
    const far = 2 ** 53 - 4096;
    expect(
      normalise([
        { offset: far, length: 512 },
        { offset: far + 512, length: 512 },
      ]),
    ).toEqual([{ offset: far, length: 1024 }]);
    expect([...cut({ offset: far + 1, length: 600 }, 512)].map(endOf)).toEqual([far + 512, far + 601]);
  });
});
