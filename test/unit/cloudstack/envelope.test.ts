import { describe, expect, test } from '@jest/globals';
import { itemsIn, parseEnvelope } from '../../../src/cloudstack/envelope.ts';

describe('answers of CloudStack', () => {
  test('are unwrapped by their only key, whatever its name', () => {
    expect(parseEnvelope('{"odd-name":{"jobid":"x"}}')).toEqual({ kind: 'value', value: { jobid: 'x' } });
  });

  test('are errors when they have an errorcode, also as text', () => {
    const text = '{"createvolumeresponse":{"uuidList":[],"errorcode":"431","cserrorcode":4350,"errortext":"no"}}';

    expect(parseEnvelope(text)).toEqual({ kind: 'error', errorCode: 431, csErrorCode: 4350, errorText: 'no' });
  });

  test.each([
    ['an HTML page', '<html><body>502 Bad Gateway</body></html>'],
    ['XML', '<?xml version="1.0"?><listzonesresponse/>'],
    ['nothing', ''],
    ['two keys', '{"a":{},"b":{}}'],
    ['a number', '7'],
    ['null', 'null'],
    ['an array', '[1]'],
    ['a key without an object', '{"a":1}'],
    ['JSON that was cut off', '{"listzonesresponse":{"count":1,'],
  ])('are not taken for answers when they are %s', (_what, text) => {
    expect(parseEnvelope(text)).toEqual({ kind: 'foreign' });
  });

  test('hold lists without count and array when they are empty', () => {
    expect(itemsIn({})).toEqual({ items: [], count: undefined });
  });

  test('hold the items under any name', () => {
    expect(itemsIn({ count: 3, vmSnapshot: [1, 2] })).toEqual({ items: [1, 2], count: 3 });
  });

  test('are not lists when they hold two arrays', () => {
    expect(itemsIn({ a: [], b: [] })).toBeUndefined();
  });
});
