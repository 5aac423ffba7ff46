import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  canonicalQuery,
  encodeParameters,
  encodeValue,
  formatExpires,
  sign,
} from '../../../src/cloudstack/signature.ts';
import { Secret } from '../../../src/config/secrets.ts';
import { isVerified, readSigned } from '../../../src/lab/cloudstack/signature-check.ts';
import { propertyRuns } from '../../support/property-runs.ts';

const secret = new Secret('a secret');
const RUNS = propertyRuns(300);

/** Names as commands have them: letters, digits, dots, and brackets of arrays and maps. */
const name = fc
  .stringMatching(/^[a-zA-Z]{1,8}(\[\d\](\.[a-zA-Z]{1,8})?)?$/)
  .filter((text) => !/^signature$/i.test(text));
/** Anything, and more often than not what encoders disagree about. */
const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('~', '!', "'", '(', ')', '*', ' ', '+', '%', '&', '=', '[', ']', '/', 'é', '😀', 'Ä'))
    .map((all) => all.join('')),
);
const parameters = fc.dictionary(name, value, { minKeys: 1, maxKeys: 6, noNullPrototype: true });

describe('a signature', () => {
  test('does not depend on the order of the parameters', () => {
    const shuffled = parameters.chain((given) =>
      fc.tuple(
        fc.constant(given),
        fc.shuffledSubarray(Object.entries(given), { minLength: Object.keys(given).length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([given, entries]) => {
        expect(sign(Object.fromEntries(entries), secret)).toBe(sign(given, secret));
      }),
      RUNS,
    );
  });

  test('is what the server computes from the query as it comes over the wire', () => {
    fc.assert(
      fc.property(parameters, (given) => {
        const unsigned = { ...given, apikey: 'a key' };
        const wire = encodeParameters({ ...unsigned, signature: sign(unsigned, secret) });
        const signed = readSigned(new Map(new URLSearchParams(wire)));

        expect(signed).toBeDefined();
        expect(signed && isVerified(signed, { secretKey: 'a secret', nowMs: 0, enforced: false })).toBe(true);
      }),
      RUNS,
    );
  });

  test('changes with every value and every name that is not only another case', () => {
    fc.assert(
      fc.property(parameters, name, value, (given, added, text) => {
        const changed = { ...given, [added]: `${given[added] ?? ''}${text}x` };

        expect(sign(changed, secret)).not.toBe(sign(given, secret));
        expect(sign(given, new Secret('another secret'))).not.toBe(sign(given, secret));
      }),
      RUNS,
    );
  });

  test('does not depend on the case of values, because the server lower-cases all of it', () => {
    const ascii = fc.dictionary(name, fc.stringMatching(/^[ -~]{0,20}$/), {
      minKeys: 1,
      maxKeys: 6,
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(ascii, (given) => {
        const upper = Object.fromEntries(Object.entries(given).map(([key, text]) => [key, text.toUpperCase()]));
        const lower = Object.fromEntries(Object.entries(given).map(([key, text]) => [key, text.toLowerCase()]));

        expect(sign(upper, secret)).toBe(sign(lower, secret));
      }),
      RUNS,
    );
  });

  test('is the Base64 of 20 bytes over the canonical query and nothing else', () => {
    fc.assert(
      fc.property(parameters, (given) => {
        const mac = createHmac('sha1', 'a secret').update(canonicalQuery(given)).digest();

        expect(Buffer.from(sign(given, secret), 'base64')).toEqual(mac);
      }),
      RUNS,
    );
  });
});

describe('an encoded value', () => {
  test('leaves bare what Java leaves bare, and comes back as it was', () => {
    fc.assert(
      fc.property(value, (text) => {
        const encoded = encodeValue(text);

        expect(encoded).toMatch(/^([A-Za-z0-9.\-_*]|%[0-9A-F]{2})*$/);
        expect(decodeURIComponent(encoded)).toBe(text.toWellFormed());
      }),
      RUNS,
    );
  });
});

describe('the canonical query', () => {
  test('sorts array parameters as text, and signs their brackets bare', () => {
    const query = canonicalQuery({
      'iptonetworklist[10].networkid': 'N',
      'iptonetworklist[2].networkid': 'M',
      'details[0].cpuNumber': '2',
      Zone: 'z',
    });

    expect(query).toBe('zone=z&details[0].cpunumber=2&iptonetworklist[10].networkid=n&iptonetworklist[2].networkid=m');
  });
});

describe('an expiry', () => {
  test('is a whole second in the form of old versions, at or just before the moment', () => {
    const moment = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) });
    fc.assert(
      fc.property(moment, (epochMs) => {
        const text = formatExpires(epochMs);

        expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/);
        expect(Date.parse(text.replace('+0000', 'Z'))).toBe(Math.floor(epochMs / 1000) * 1000);
      }),
      RUNS,
    );
  });
});
