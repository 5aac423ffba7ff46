import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AreaAnswer, AreaPages, changedAreas, type ChangedArea } from '../../../../src/domain/cbt/area-pages.ts';
import { propertyRuns } from '../../../support/property-runs.ts';
import { thrownBy } from '../../../support/thrown.ts';

const S = 512;
const disk = { diskId: 'disk-2000', capacityBytes: 100 * S };

/** In sectors. */
const answer = (from: number, length: number, ...areas: [start: number, length: number][]): AreaAnswer => ({
  startOffset: from * S,
  length: length * S,
  changedArea: areas.map(([start, size]) => ({ start: start * S, length: size * S })),
});

async function read(answers: readonly AreaAnswer[]): Promise<{ areas: ChangedArea[]; asked: number[] }> {
  const [areas, asked]: [ChangedArea[], number[]] = [[], []];
  const ask = (startOffset: number): Promise<AreaAnswer> => {
    const next = answers[asked.push(startOffset) - 1];
    return next === undefined ? Promise.reject(new Error('asked too often')) : Promise.resolve(next);
  };
  for await (const area of changedAreas(disk, ask)) areas.push(area);
  return { areas, asked };
}

const inSectors = (areas: readonly ChangedArea[]): number[][] =>
  areas.map((area) => [area.offset / S, area.length / S]);

describe('changed areas', () => {
  test('are asked for from the end of each answer on, and never at the capacity', async () => {
    const { areas, asked } = await read([answer(0, 40, [1, 2]), answer(40, 1), answer(41, 59, [99, 1])]);
    expect(asked).toEqual([0, 40 * S, 41 * S]);
    expect(inSectors(areas)).toEqual([
      [1, 2],
      [99, 1],
    ]);
  });

  test('can be asked for from the middle of a disk on, by whoever knows what is before', () => {
    const pages = new AreaPages(disk, { from: 40 * S });
    expect(pages.next).toBe(40 * S);
    expect(thrownBy(() => new AreaPages(disk, { from: 40 * S }).take(answer(0, 100)))).toMatchObject({
      code: 'cbt.areas-misplaced',
    });
    expect(pages.take(answer(40, 60, [41, 2]))).toEqual([{ offset: 41 * S, length: 2 * S }]);
    expect(pages.next).toBeUndefined();
  });

  test.each([1, -S, 100 * S, 0.5, NaN])('cannot be asked for from %p on', (from) => {
    expect(() => new AreaPages(disk, { from })).toThrow(/from a sector/);
  });

  test('go on after an answer without areas, first, in the middle or last', async () => {
    const { areas, asked } = await read([answer(0, 10), answer(10, 10, [12, 1]), answer(20, 30), answer(50, 50)]);
    expect(asked).toHaveLength(4);
    expect(inSectors(areas)).toEqual([[12, 1]]);
  });

  test('that touch are one, also across answers', async () => {
    const { areas } = await read([answer(0, 50, [10, 5], [15, 5], [48, 2]), answer(50, 50, [50, 3], [60, 1])]);
    expect(inSectors(areas)).toEqual([
      [10, 10],
      [48, 5],
      [60, 1],
    ]);
  });

  test('may begin with the disk and end exactly with it', async () => {
    expect(inSectors((await read([answer(0, 100, [0, 100])])).areas)).toEqual([[0, 100]]);
  });

  test('end in an error where vSphere fails', async () => {
    await expect(read([answer(0, 50, [1, 1])])).rejects.toThrow('asked too often');
  });
});

const TOO_LARGE = Number.MAX_SAFE_INTEGER - (Number.MAX_SAFE_INTEGER % S);

describe('an answer is refused', () => {
  test.each<[string, string, AreaAnswer]>([
    ['that is about a later place', 'misplaced', answer(41, 10)],
    ['that is about an earlier place', 'misplaced', answer(39, 10)],
    ['that makes no progress', 'stuck', answer(40, 0)],
    ['that goes back', 'stuck', answer(40, -10)],
    ['whose length is no number', 'not-a-range', { startOffset: 40 * S, length: Number.NaN, changedArea: [] }],
    ['that ends beyond exact numbers', 'not-a-range', { startOffset: 40 * S, length: TOO_LARGE, changedArea: [] }],
    ['that speaks of more than the disk', 'outside', answer(40, 61)],
    ['that ends within a sector', 'unaligned', { startOffset: 40 * S, length: S + 1, changedArea: [] }],
    ['with an area before it', 'outside', answer(40, 10, [39, 2])],
    ['with an area that ends after it', 'outside', answer(40, 10, [49, 2])],
    ['with an area that ends after the disk', 'outside', answer(40, 60, [99, 2])],
    ['with areas that overlap', 'disordered', answer(40, 10, [41, 3], [43, 1])],
    ['with areas that go back', 'disordered', answer(40, 10, [45, 1], [41, 1])],
    ['with an area twice', 'disordered', answer(40, 10, [45, 1], [45, 1])],
    ['with an empty area', 'not-a-range', answer(40, 10, [41, 0])],
    ['with an area of negative length', 'not-a-range', answer(40, 10, [45, -1])],
    ['with an area at a negative place', 'not-a-range', answer(40, 10, [-1, 45])],
    ['with an area whose end overflows', 'not-a-range', answer(40, 10, [45, TOO_LARGE / S])],
    [
      'with an area within a sector',
      'unaligned',
      { ...answer(40, 10), changedArea: [{ start: 41 * S + 1, length: S - 1 }] },
    ],
  ])('%s', (_which, what, wrong) => {
    const pages = new AreaPages(disk);
    pages.take(answer(0, 40, [1, 1]));

    expect(thrownBy(() => pages.take(wrong))).toMatchObject({
      code: `cbt.areas-${what}`,
      kind: 'upstream',
      hint: expect.any(String),
      details: { diskId: 'disk-2000', position: 40 * S },
    });
    expect(pages.next).toBe(40 * S);
  });

  test('when there is no end of them', () => {
    const pages = new AreaPages(disk, { answersMax: 3 });
    for (const from of [0, 1, 2]) pages.take(answer(from, 1));
    expect(thrownBy(() => pages.take(answer(3, 97)))).toMatchObject({ code: 'cbt.areas-endless' });
  });

  test('after the last one', () => {
    const pages = new AreaPages(disk);
    pages.take(answer(0, 100));
    expect(pages.next).toBeUndefined();
    expect(thrownBy(() => pages.take(answer(100, 1)))).toMatchObject({ code: 'internal' });
  });
});

test('a disk that ends within a sector may have a last area that does', () => {
  const odd = { diskId: 'disk-2000', capacityBytes: S + 100 };
  const areas = new AreaPages(odd).take({ startOffset: 0, length: S + 100, changedArea: [{ start: S, length: 100 }] });
  expect(areas).toEqual([{ offset: S, length: 100 }]);
});

test('however answers cut a disk, the areas are what changed, merged', async () => {
  const sectors = fc.array(fc.boolean(), { minLength: 100, maxLength: 100 });
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(sectors, cuts, async (changed, unsorted) => {
      const edges = [0, ...unsorted.toSorted((a, b) => a - b), 100];
      const answers = edges.slice(1).map((to, index) => {
        const from = edges[index] ?? 0;
        const hit = changed.flatMap((isChanged, at) => (isChanged && at >= from && at < to ? [at] : []));
        return answer(from, to - from, ...hit.map((at): [number, number] => [at, 1]));
      });
      const { areas } = await read(answers);

      const covered = changed.map((_isChanged, at) =>
        areas.filter(({ offset, length }) => at * S >= offset && at * S < offset + length),
      );
      expect(covered.map((list) => list.length)).toEqual(changed.map((isChanged) => (isChanged ? 1 : 0)));
      for (const [index, area] of areas.entries()) {
        expect(area.offset).toBeGreaterThan(index === 0 ? -1 : endOf(areas[index - 1]));
      }
    }),
    propertyRuns(200),
  );
});

const endOf = (area: ChangedArea | undefined): number => (area === undefined ? 0 : area.offset + area.length);
