import { expect, test } from '@jest/globals';
import { collect } from '../../../../src/cli/client/pages.ts';

const list = Array.from({ length: 1234 }, (_, at) => at);

/** A list behind cursors, as the API has them. */
function pages(asked: { limit: number; cursor: string | undefined }[]) {
  return (page: { limit: number; cursor: string | undefined }) => {
    asked.push(page);
    const from = Number(page.cursor ?? 0);
    const rows = list.slice(from, from + page.limit);
    const end = from + rows.length;
    return Promise.resolve({ rows, total: list.length, next: end < list.length ? String(end) : null });
  };
}

test('the cursor is followed to the end of a long list', async () => {
  const asked: { limit: number; cursor: string | undefined }[] = [];

  expect(await collect(1_000_000, pages(asked))).toEqual({ rows: list, total: 1234 });
  expect(asked.map(({ cursor }) => cursor)).toEqual([undefined, '500', '1000']);
});

test('no more is asked for than is wanted', async () => {
  const asked: { limit: number; cursor: string | undefined }[] = [];
  const { rows, total } = await collect(600, pages(asked));

  expect(rows).toEqual(list.slice(0, 600));
  expect(total).toBe(1234);
  expect(asked.map(({ limit }) => limit)).toEqual([500, 100]);
});

test('a list that leads back to itself ends with an error', async () => {
  const stuck = () => Promise.resolve({ rows: [1], total: 9, next: 'same' });
  const empty = () => Promise.resolve({ rows: [], total: 9, next: String(Math.random()) });

  await expect(collect(100, stuck)).rejects.toMatchObject({ code: 'api.bad-answer' });
  await expect(collect(100, empty)).rejects.toMatchObject({ code: 'api.bad-answer' });
});
