import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { KiB } from '../../../../src/base/units.ts';
import { piecesOf } from '../../../../src/nbd/tls/write-pieces.ts';

test('what waits leaves in its order, payloads as they are and small neighbours together', () => {
  const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 4 * KiB, max: 8 * KiB })));
  fc.assert(
    fc.property(lengths, (all) => {
      const chunks: Buffer[] = all.map((length, index) => Buffer.alloc(length, index + 1));
      const pieces = [...piecesOf(chunks)];
      expect(Buffer.concat(pieces).equals(Buffer.concat(chunks))).toBe(true);
      const payloads = chunks.filter((chunk) => chunk.length >= 4 * KiB);
      expect(pieces.filter((piece) => payloads.includes(piece))).toEqual(payloads);
      expect(pieces.length).toBeLessThanOrEqual(2 * payloads.length + 1);
    }),
  );
});
