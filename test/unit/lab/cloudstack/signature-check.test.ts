import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { MINUTE } from '../../../../src/base/units.ts';
import { encodeValue, formatExpires, sign } from '../../../../src/cloudstack/signature.ts';
import { isVerified, javaUrlEncode, readSigned } from '../../../../src/lab/cloudstack/signature-check.ts';

const secretKey = 'secret';
const nowMs = Date.UTC(2026, 10, 22, 2, 0, 0);
const reveal = { reveal: () => secretKey };

function verify(parameters: Record<string, string>, enforced = false): boolean {
  const signature = sign(parameters, reveal);
  const signed = readSigned(new Map(Object.entries({ ...parameters, signature })));
  return signed !== undefined && isVerified(signed, { secretKey, nowMs, enforced });
}

describe('the server and the client', () => {
  test('encode every text alike', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(javaUrlEncode(text)).toBe(encodeValue(text));
      }),
    );
  });

  test('agree on the signature of any parameters', () => {
    const name = fc
      .string({ minLength: 1 })
      .filter((text) => !/^(signature|signatureversion|expires|apikey)$/i.test(text));
    const parameters = fc.dictionary(name, fc.string({ unit: 'grapheme' }), { noNullPrototype: true });
    fc.assert(
      fc.property(parameters, (given) => {
        expect(verify({ ...given, apiKey: 'AbC' })).toBe(true);
      }),
    );
  });

  test('disagree after any change of a value', () => {
    const signature = sign({ apiKey: 'AbC', command: 'deleteVolume', id: 'a' }, reveal);
    const changed = readSigned(new Map(Object.entries({ apiKey: 'AbC', command: 'deleteVolume', id: 'b', signature })));

    expect(changed !== undefined && isVerified(changed, { secretKey, nowMs, enforced: false })).toBe(false);
  });
});

describe('a request', () => {
  const parameters = { apiKey: 'AbC', command: 'listZones' };

  test('without key or signature is not signed', () => {
    expect(readSigned(new Map([['apiKey', 'AbC']]))).toBeUndefined();
    expect(readSigned(new Map([['signature', 'x']]))).toBeUndefined();
  });

  test.each([
    '2026-11-22T02:00:01+0000',
    '2026-11-22T02:00:01+00:00',
    '2026-11-22T02:00:01Z',
    '2026-11-22T03:00:01+0100',
  ])('is valid until %s', (expires) => {
    expect(verify({ ...parameters, signatureVersion: '3', expires })).toBe(true);
  });

  test.each(['2026-11-22T01:59:59+0000', '2026-11-22T02:59:59+0100', 'tomorrow', ''])(
    'is not valid until %j',
    (expires) => {
      expect(verify({ ...parameters, signatureVersion: '3', expires })).toBe(false);
    },
  );

  test('of version 3 needs an expiry', () => {
    expect(verify({ ...parameters, signatureVersion: '3' })).toBe(false);
  });

  test('needs version 3 and an expiry within 15 min where that is enforced', () => {
    const until = (ms: number) => ({ ...parameters, signatureVersion: '3', expires: formatExpires(nowMs + ms) });

    expect(verify(parameters, true)).toBe(false);
    expect(verify(until(16 * MINUTE), true)).toBe(false);
    expect(verify(until(14 * MINUTE), true)).toBe(true);
  });
});
