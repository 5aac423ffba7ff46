import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { normalise, subtract } from '../../../../src/transfer/ranges.ts';
import { RangeIndex } from '../../../../src/transfer/verify/range-index.ts';

test('what is inside and outside of a list is found in any order of questions', () => {
  const range = fc.record({ offset: fc.nat({ max: 200 }), length: fc.integer({ min: 1, max: 30 }) });
  fc.assert(
    fc.property(fc.array(range, { maxLength: 12 }), fc.array(range, { minLength: 1, maxLength: 8 }), (list, asked) => {
      const normal = normalise(list);
      const index = new RangeIndex(normal);
      for (const each of asked) {
        const outside = subtract([each], normal);
        expect(index.outside(each)).toEqual(outside);
        expect(index.inside(each)).toEqual(subtract([each], outside));
        expect(index.holds(each)).toBe(outside.length === 0);
      }
    }),
  );
});
