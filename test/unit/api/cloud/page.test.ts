import { expect, test } from '@jest/globals';
import { byName, pageByName } from '../../../../src/api/cloud/page.ts';

const items = [
  { id: '3', name: 'b' },
  { id: '2', name: 'a' },
  { id: '1', name: 'b' },
  { id: '4', name: 'B' },
  { id: '5', name: 'x'.repeat(400) },
  { id: '6', name: 'x'.repeat(400) },
];

test('pages hold each item once, in the order of names and ids, whatever their size', () => {
  const whole = byName(items).map(({ id }) => id);
  expect(whole).toEqual(['4', '2', '1', '3', '5', '6']);
  for (const limit of [1, 2, 3, 6, 7]) {
    const seen: string[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < 10; page += 1) {
      const { rows, total, next } = pageByName(items, { limit, cursor });
      expect(total).toBe(items.length);
      seen.push(...rows.map(({ id }) => id));
      if (next === null) break;
      cursor = next;
    }
    expect(seen).toEqual(whole);
  }
});

test('a cursor that is not of the list is refused', () => {
  expect(() => pageByName(items, { cursor: 'nonsense' })).toThrow(expect.objectContaining({ code: 'request.invalid' }));
});
