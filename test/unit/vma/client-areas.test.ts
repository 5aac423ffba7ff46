import { describe, expect, test } from '@jest/globals';
import { type Area, checkedAreas, pageFault } from '../../../src/vma/client-areas.ts';
import type { AreaPage } from '../../../src/vma/contract.ts';

const page = (fields: Partial<AreaPage>): AreaPage => ({ from: 0, to: 100, areas: [], next_cursor: null, ...fields });

async function collect(pages: AreaPage[], capacity = 100): Promise<{ areas: Area[]; asked: (string | undefined)[] }> {
  const asked: (string | undefined)[] = [];
  const areas: Area[] = [];
  const source = {
    diskId: 'disk-2000',
    capacityBytes: () => Promise.resolve(capacity),
    page: (cursor: string | undefined) => {
      asked.push(cursor);
      return Promise.resolve(pages[asked.length - 1] ?? page({}));
    },
  };
  for await (const area of checkedAreas(source)) areas.push(area);
  return { areas, asked };
}

describe('pages of areas', () => {
  test('are followed to the end of the disk, empty ones too', async () => {
    const pages = [
      page({ to: 40, areas: [{ offset: 0, length: 10 }], next_cursor: 'a' }),
      page({ from: 40, to: 60, next_cursor: 'b' }),
      page({ from: 60, to: 100, areas: [{ offset: 60, length: 40 }] }),
    ];
    expect(await collect(pages)).toEqual({
      areas: [
        { offset: 0, length: 10 },
        { offset: 60, length: 40 },
      ],
      asked: [undefined, 'a', 'b'],
    });
  });

  test.each<[string, AreaPage]>([
    ['begins elsewhere', page({ from: 10 })],
    ['makes no progress', page({ to: 0, next_cursor: 'a' })],
    ['ends beyond the disk', page({ to: 101 })],
    ['is the last but ends early', page({ to: 99 })],
    ['goes on after the disk', page({ next_cursor: 'a' })],
    ['has an area beyond itself', page({ areas: [{ offset: 90, length: 11 }] })],
    [
      'has areas out of order',
      page({
        areas: [
          { offset: 50, length: 1 },
          { offset: 0, length: 1 },
        ],
      }),
    ],
    [
      'has areas that overlap',
      page({
        areas: [
          { offset: 0, length: 10 },
          { offset: 9, length: 1 },
        ],
      }),
    ],
  ])('a page that %s is not believed', async (_what, bad) => {
    expect(pageFault(bad, 0, 100)).toEqual(expect.any(String));
    await expect(collect([bad])).rejects.toMatchObject({ code: 'vma.areas-invalid', kind: 'upstream' });
  });

  test('a page that repeats the one before ends the iteration with an error, not with a loop', async () => {
    const first = page({ to: 50, next_cursor: 'a' });
    await expect(collect([first, first])).rejects.toMatchObject({ code: 'vma.areas-invalid' });
  });
});
