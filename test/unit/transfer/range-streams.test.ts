import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ByteRange } from '../../../src/transfer/block-device.ts';
import { intersectAscending, listOf, mergeAscending, subtractAscending } from '../../../src/transfer/range-streams.ts';
import { endOf, normalise, subtract } from '../../../src/transfer/ranges.ts';

const list = fc.array(fc.record({ offset: fc.nat(200), length: fc.nat(40) }), { maxLength: 12 });
const normal = list.map(normalise);

/** As a file is read: not all at once. */
async function* streamed(ranges: readonly ByteRange[]): AsyncGenerator<ByteRange> {
  for (const range of ranges) yield await Promise.resolve(range);
}

describe('lists that are read once', () => {
  test('merge into one that ascends and has all of them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(normal, { maxLength: 4 }), async (lists) => {
        const merged = await listOf(mergeAscending(lists.map(streamed)));
        expect(merged.map(({ offset }) => offset)).toEqual(merged.map(({ offset }) => offset).sort((a, b) => a - b));
        expect(merged).toHaveLength(lists.flat().length);
        expect(normalise(merged)).toEqual(normalise(lists.flat()));
      }),
    );
  });

  test('subtract and intersect as lists that are held do', async () => {
    await fc.assert(
      fc.asyncProperty(normal, normal, async (one, other) => {
        expect(await listOf(subtractAscending(one, other))).toEqual(subtract(one, other));
        expect(await listOf(subtractAscending(streamed(one), streamed(other)))).toEqual(subtract(one, other));
        const common = await listOf(intersectAscending(streamed(one), other));
        expect(normalise(common)).toEqual(subtract(one, subtract(one, other)));
        common.forEach((range, index) => expect(range.offset).toBeGreaterThanOrEqual(endOf(common[index - 1] ?? none)));
      }),
    );
  });
});

const none: ByteRange = { offset: 0, length: 0 };
