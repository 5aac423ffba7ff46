import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ByteRange, Extent } from '../../../src/transfer/block-device.ts';
import { normalExtents } from '../../../src/transfer/extent-stream.ts';
import { planCopy, type Chunk, type PlannedRun } from '../../../src/transfer/plan-copy.ts';
import {
  alignOutward,
  clip,
  endOf,
  normalise,
  rangeBetween,
  subtract,
  sumBytes,
} from '../../../src/transfer/ranges.ts';
import { chunksOf } from '../../support/chunks.ts';
import { SourceMap } from '../../../src/transfer/source-map.ts';

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

interface Case {
  lengthBytes: number;
  blockBytes: number;
  extents: ByteRange[];
  zeros: ByteRange[];
  done: ByteRange[];
  outside: 'leave' | 'zero';
  targetIsLarger: boolean;
}

const cases = fc
  .record({
    lengthBytes: fc.integer({ min: 1, max: 400 }),
    blockBytes: fc.constantFrom(1, 4, 16),
    extents: fc.array(fc.record({ offset: fc.nat(420), length: fc.nat(60) }), { maxLength: 8 }),
    zeros: fc.array(fc.record({ offset: fc.nat(400), length: fc.nat(80) }), { maxLength: 6 }),
    done: fc.array(fc.record({ offset: fc.nat(400), length: fc.nat(80) }), { maxLength: 4 }),
    outside: fc.constantFrom('leave' as const, 'zero' as const),
    targetIsLarger: fc.boolean(),
  })
  .map((made) => ({ ...made, extents: made.extents.toSorted((a, b) => a.offset - b.offset) }));

/** A source that knows its zeros, and answers in pieces that are short or uneven, as servers may. */
const mapOf = ({ lengthBytes, zeros }: Case): SourceMap => {
  const known = normalise(zeros);
  const source = {
    extents: (offset: number, length: number): Promise<Extent[]> => {
      const end = offset + Math.max(1, Math.ceil(length / 3));
      const extents: Extent[] = [];
      for (let at = offset; at < end; at += 1) {
        const isZero = known.some((zero) => at >= zero.offset && at < endOf(zero));
        extents.push({ offset: at, length: 1, kind: isZero ? 'zero' : 'data' });
      }
      return Promise.resolve(extents);
    },
  };
  return new SourceMap(source, { lengthBytes, isDelta: true });
};

const plan = async (made: Case): Promise<(Chunk | PlannedRun)[]> => {
  const runs = await collect(planCopy({ ...made, extents: normalExtents(made.extents, made), sourceMap: mapOf(made) }));
  const shape = { ...made, requestBytes: 32, targetBlockBytes: made.blockBytes };
  return runs.flatMap((run): (Chunk | PlannedRun)[] => {
    const { kind, offset, length } = run;
    return kind === 'done' ? [run] : [...chunksOf({ kind, offset, length }, shape)];
  });
};

describe('a plan', () => {
  test('covers exactly the extents, or all of the disk in a full resync, each byte once', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (made) => {
        const chunks = await plan(made);
        const inside = normalise(
          made.extents.flatMap((extent) => {
            const clipped = clip(extent, made.lengthBytes);
            return clipped === undefined || clipped.length === 0
              ? []
              : [alignOutward(clipped, made.blockBytes, made.lengthBytes)];
          }),
        );
        const expected = made.outside === 'zero' ? [rangeBetween(0, made.lengthBytes)] : inside;
        expect(normalise(chunks)).toEqual(expected);
        expect(sumBytes(chunks)).toBe(sumBytes(expected));
      }),
    );
  });

  test('zeroes only what the source calls zero or what lies outside the extents', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (made) => {
        const chunks = await plan(made);
        const zeroed = normalise(chunks.filter((chunk) => chunk.kind.startsWith('zero')));
        const inside = normalise(made.extents.flatMap((extent) => clip(extent, made.lengthBytes) ?? []));
        const needed = subtract(subtract(zeroed, normalise(made.zeros)), subtract([rangeBetween(0, 400)], inside));
        expect(needed).toEqual([]);
      }),
    );
  });

  test('skips only whole blocks that were done, and cuts at block borders', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (made) => {
        for (const chunk of await plan(made)) {
          expect(chunk.offset % made.blockBytes).toBe(0);
          expect(endOf(chunk) % made.blockBytes === 0 || endOf(chunk) === made.lengthBytes).toBe(true);
          if (chunk.kind === 'done')
            expect(subtract([rangeBetween(chunk.offset, endOf(chunk))], normalise(made.done))).toEqual([]);
          if (chunk.kind === 'data') expect(chunk.length).toBeLessThanOrEqual(32);
        }
      }),
    );
  });

  test('marks the part of the last block that the target has beyond the source', async () => {
    const base: Case = {
      lengthBytes: 100,
      blockBytes: 16,
      extents: [{ offset: 0, length: 100 }],
      zeros: [{ offset: 64, length: 36 }],
      done: [],
      outside: 'leave',
      targetIsLarger: true,
    };
    expect((await plan(base)).at(-1)).toEqual({ offset: 96, length: 4, kind: 'zero-tail' });
    expect((await plan({ ...base, targetIsLarger: false })).at(-1)).toEqual({ offset: 64, length: 36, kind: 'zero' });
  });
});

describe('extents', () => {
  const disk = { lengthBytes: 1000, blockBytes: 1 };

  test('that are not sorted are refused with a code', async () => {
    const unsorted = [
      { offset: 10, length: 1 },
      { offset: 5, length: 1 },
    ];
    await expect(collect(normalExtents(unsorted, disk))).rejects.toMatchObject({ code: 'transfer.extents-not-sorted' });
  });

  test.each([
    [{ offset: -1, length: 5 }],
    [{ offset: 0.5, length: 5 }],
    [{ offset: 0, length: -5 }],
    [{ offset: 2 ** 53 - 1, length: 2 }],
    [{ offset: NaN, length: 2 }],
  ])('like %j are refused with a code', async (extent) => {
    await expect(collect(normalExtents([extent], disk))).rejects.toMatchObject({ code: 'transfer.extents-invalid' });
  });

  test('that overrun the disk are clipped, those behind it dropped', async () => {
    const extents = [
      { offset: 990, length: 500 },
      { offset: 2000, length: 5 },
    ];
    expect(await collect(normalExtents(extents, disk))).toEqual([{ offset: 990, length: 10 }]);
  });
});

describe('a source map', () => {
  test('calls data what the source cannot tell, and stops asking after three failures', async () => {
    let asked = 0;
    const source = {
      extents: (): Promise<Extent[]> => {
        asked += 1;
        return Promise.reject(new Error('block status failed'));
      },
    };
    const map = new SourceMap(source, { lengthBytes: 10 * 256 * 1024 * 1024, isDelta: true });
    const runs = await collect(map.runs({ offset: 0, length: 10 * 256 * 1024 * 1024 }));
    expect(runs).toEqual([{ offset: 0, length: 10 * 256 * 1024 * 1024, kind: 'data' }]);
    expect(asked).toBe(3);
  });
});
