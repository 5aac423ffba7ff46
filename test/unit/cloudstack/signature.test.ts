import { describe, expect, test } from '@jest/globals';
import {
  canonicalQuery,
  encodeParameters,
  encodeValue,
  formatExpires,
  sign,
} from '../../../src/cloudstack/signature.ts';
import { Secret } from '../../../src/config/secrets.ts';

describe('signature', () => {
  test('is the one of the developer guide for its own example', () => {
    const apiKey = 'plgWJfZK4gyS3mOMTVmjUVg-X-jlWlnfaUJ9GAbBbf9EdM-kAYMmAiLqzzq1ElZLYq_u38zCm0bewzGUdP66mg';
    const secret = 'VDaACYb0LV9eNjTetIOElcVQkvJck_J_QljX_FcHRj87ZKiy0z0ty0ZsYBkoXkY9b7eq1EhwJaw7FF3akA3KBQ';

    const signature = sign({ command: 'listUsers', response: 'json', apiKey }, new Secret(secret));

    expect(signature).toBe('TTpdDq/7j/J58XCRHomKoQXEQds=');
  });

  test('covers blanks, quotes, brackets, accents and array parameters as Java encodes them', () => {
    const parameters = {
      signatureVersion: '3',
      response: 'json',
      name: "a b+c*(1)!'é[x]/=&",
      expires: '2026-11-22T02:00:00+0000',
      'details[0].cpuNumber': '2',
      command: 'createVolume',
      apiKey: 'AbC',
    };

    expect(sign(parameters, new Secret('secret'))).toBe('mcoMxJ82DugwjgbfXLGphOh3N5Q=');
  });

  test('encodes the tilde, which Java does and most clients do not', () => {
    const parameters = { apiKey: 'AbC', command: 'createVolume', name: 'tilde~x', response: 'json' };

    expect(sign(parameters, new Secret('secret'))).toBe('hYtkBu74Npb5ghG/VIEE0z+tUAo=');
  });

  test('leaves out a signature that is already there, under any case', () => {
    const parameters = { apiKey: 'AbC', command: 'listZones' };

    expect(canonicalQuery({ ...parameters, Signature: 'x' })).toBe(canonicalQuery(parameters));
  });

  test('sorts names as sent, capitals before small letters', () => {
    expect(canonicalQuery({ b: '1', a: '2', B: '3' })).toBe('b=3&a=2&b=1');
  });

  test('encodes what JavaScript leaves bare and keeps the star', () => {
    expect(encodeValue("~!'()*-_.")).toBe('%7E%21%27%28%29*-_.');
  });

  test('survives a lone surrogate instead of failing', () => {
    expect(encodeValue('\ud800')).toBe('%EF%BF%BD');
  });

  test('writes the expiry in the form that old versions know', () => {
    expect(formatExpires(Date.UTC(2026, 10, 22, 2, 0, 0, 999))).toBe('2026-11-22T02:00:00+0000');
  });

  test('sends values in the encoding that was signed', () => {
    const form = encodeParameters({ name: "it's a b", 'details[0].x': '1' });

    expect(form).toBe('name=it%27s%20a%20b&details%5B0%5D.x=1');
    expect(new URLSearchParams(form).get('name')).toBe("it's a b");
  });
});
