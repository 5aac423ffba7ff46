import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { child, needInteger, needRef, textIn, typeOf } from '../../../../src/vsphere/soap/read.ts';
import { flag, integer, reference, structure, text, texts, writeEnvelope } from '../../../../src/vsphere/soap/write.ts';
import type { Parts } from '../../../../src/vsphere/soap/write.ts';
import { parseXml, type XmlElement } from '../../../../src/vsphere/soap/xml.ts';
import { thrownBy } from '../../../support/thrown.ts';

const TARGET = { type: 'VirtualMachine', id: 'vm-1' };

function written(parts: Parts): XmlElement {
  const envelope = parseXml(writeEnvelope({ method: 'Do', target: TARGET, parts }));
  const method = envelope.children[0]?.children[0];
  if (method === undefined) throw new Error('there is no method');
  return method;
}

describe('a request', () => {
  test('names method, object and namespace', () => {
    const method = written([]);

    expect(method).toMatchObject({ name: 'Do', space: 'urn:vim25' });
    expect(needRef(method, '_this')).toEqual(TARGET);
  });

  test('has its parts in their order, and nothing for what is undefined', () => {
    const parts = [
      text('a', undefined),
      flag('b', false),
      integer('c', undefined),
      reference('d', undefined),
      ...texts('e', ['1', '2']),
    ];

    expect(written(parts).children.map((each) => `${each.name}=${each.text}`)).toEqual([
      '_this=vm-1',
      'b=false',
      'e=1',
      'e=2',
    ]);
  });

  test('says of which class a structure is, where it could be another', () => {
    const spec = child(written([structure('spec', [text('name', 'view')], 'TraversalSpec')]), 'spec');

    expect(spec === undefined ? undefined : typeOf(spec)).toBe('TraversalSpec');
  });

  test('brings any text through XML as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const sendable = value.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '');
        expect(textIn(written([text('a', sendable)]), 'a')).toBe(sendable);
      }),
    );
    expect(textIn(written([text('a', '\r\n\t]]>&amp;<!DOCTYPE x>')]), 'a')).toBe('\r\n\t]]>&amp;<!DOCTYPE x>');
  });

  test.each([
    ['a control character', '\u0000secret'],
    ['half a character', '\ud83dsecret'],
    ['what is no character', '\uffffsecret'],
  ])('is refused with %s, without a word of the text', (_what, value) => {
    const thrown = thrownBy(() => written([text('password', value)]));

    expect(thrown).toMatchObject({ code: 'vsphere.unsendable', details: { field: 'password' } });
    expect(JSON.stringify(thrown) + String(thrown)).not.toContain('secret');
  });

  test('brings any safe integer through, and refuses all others', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(needInteger(written([integer('a', value)]), 'a')).toBe(value + 0);
      }),
    );
    for (const value of [2 ** 53, -(2 ** 53), 0.5, Number.NaN, Infinity]) {
      expect(thrownBy(() => integer('a', value))).toMatchObject({ code: 'vsphere.unsendable' });
    }
  });
});
