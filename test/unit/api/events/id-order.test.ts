import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { IdOrder } from '../../../../src/api/events/id-order.ts';

const WAIT_MS = 3_000;
const rows = (...ids: number[]): { id: number }[] => ids.map((id) => ({ id }));

/** What a reader gets who asks at these moments, when each row becomes visible at its own. */
function readAll(visibleAtMs: ReadonlyMap<number, number>, rounds: readonly number[], limit: number): number[] {
  const order = new IdOrder(0, WAIT_MS);
  const ids = [...visibleAtMs.keys()].toSorted((a, b) => a - b);
  return rounds.flatMap((nowMs) => {
    const seen = ids.filter((id) => id > order.position && (visibleAtMs.get(id) ?? Infinity) <= nowMs);
    const taken = order.take(rows(...seen.slice(0, limit)), nowMs, nowMs);
    return taken.map((row) => row.id);
  });
}

describe('rows of an auto-increment table', () => {
  test('that come without a gap are delivered as they come', () => {
    const order = new IdOrder(7, WAIT_MS);
    expect(order.take(rows(8, 9), 0, 1)).toEqual(rows(8, 9));
    expect(order.take(rows(), 10, 11)).toEqual([]);
    expect(order.take(rows(10), 20, 21)).toEqual(rows(10));
    expect(order.position).toBe(10);
  });

  test('after a hole wait for it, and no longer than the bound after it was first seen', () => {
    const order = new IdOrder(0, WAIT_MS);
    expect(order.take(rows(1, 3), 0, 10)).toEqual(rows(1));
    expect(order.take(rows(3), WAIT_MS + 9, WAIT_MS + 9)).toEqual([]);
    expect(order.take(rows(3, 4), WAIT_MS + 10, WAIT_MS + 11)).toEqual(rows(3, 4));
  });

  test('that fill a hole in time come before what follows', () => {
    const order = new IdOrder(0, WAIT_MS);
    expect(order.take(rows(2, 3), 0, 1)).toEqual([]);
    expect(order.take(rows(1, 2, 3), 1_000, 1_001)).toEqual(rows(1, 2, 3));
  });

  test('a hole that opens behind another one has a time of its own', () => {
    const order = new IdOrder(0, WAIT_MS);
    expect(order.take(rows(2), 0, 0)).toEqual([]);
    expect(order.take(rows(2, 4), 2_000, 2_000)).toEqual([]);
    expect(order.take(rows(2, 4), 3_000, 3_000)).toEqual(rows(2));
    expect(order.take(rows(4), 4_999, 4_999)).toEqual([]);
    expect(order.take(rows(4), 5_000, 5_000)).toEqual(rows(4));
  });

  test('are delivered once and in order, whatever the order of commits within the bound, roll-backs and page size', () => {
    const row = fc.record({ gapMs: fc.nat(400), openMs: fc.nat(WAIT_MS - 1), isRolledBack: fc.boolean() });
    const history = fc.record({
      rows: fc.array(row, { minLength: 1, maxLength: 60 }),
      everyMs: fc.integer({ min: 1, max: 700 }),
      limit: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(history, ({ rows: made, everyMs, limit }) => {
        const visibleAtMs = new Map<number, number>();
        let insertedAtMs = 0;
        for (const [index, { gapMs, openMs, isRolledBack }] of made.entries()) {
          insertedAtMs += gapMs;
          if (!isRolledBack) visibleAtMs.set(index + 1, insertedAtMs + openMs);
        }
        // Long enough to wait for every hole one after the other.
        const endMs = insertedAtMs + WAIT_MS * (made.length + 2);
        const rounds = Array.from({ length: Math.ceil(endMs / everyMs) + made.length }, (_, n) => n * everyMs);
        const ids = [...visibleAtMs.keys()].toSorted((a, b) => a - b);
        expect(readAll(visibleAtMs, rounds, limit)).toEqual(ids);
      }),
      { numRuns: 500 },
    );
  });
});
