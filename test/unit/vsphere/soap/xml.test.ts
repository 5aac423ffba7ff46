import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AppError } from '../../../../src/base/errors.ts';
import { parseXml } from '../../../../src/vsphere/soap/xml.ts';
import { thrownBy } from '../../../support/thrown.ts';

const refused = expect.objectContaining({ code: 'vsphere.bad-answer', kind: 'upstream' });

describe('XML', () => {
  test('is read with its namespaces, whatever the prefixes', () => {
    const root = parseXml('<?xml version="1.0"?><p:a xmlns:p="urn:p" xmlns="urn:d" p:k="1" k="2"><b/><p:b/></p:a>');

    expect(root).toMatchObject({
      name: 'a',
      space: 'urn:p',
      children: [{ name: 'b', space: 'urn:d' }, { space: 'urn:p' }],
    });
    expect(Object.fromEntries(root.attributes)).toEqual({ '{urn:p}k': '1', k: '2' });
  });

  test('takes a prefix for what its nearest declaration says', () => {
    const root = parseXml('<a xmlns:p="urn:1"><b xmlns:p="urn:2"><p:c/></b><p:c/></a>');

    expect(root.children[0]?.children[0]?.space).toBe('urn:2');
    expect(root.children[1]?.space).toBe('urn:1');
  });

  test.each([
    ['a number', '<a>007</a>', '007'],
    ['a number that is too large for one', '<a>9223372036854775807</a>', '9223372036854775807'],
    ['blanks', '<a>  x </a>', '  x '],
    ['a truth', '<a>true</a>', 'true'],
    ['entities of XML', '<a>&lt;&amp;amp;&#x1F4BE;&#233;&quot;&apos;&gt;</a>', '<&amp;💾é"\'>'],
    ['CDATA, which knows no entities', '<a>&amp;<![CDATA[&amp;<b>]]>.</a>', '&&amp;<b>.'],
    ['a comment in between', '<a>1<!-- &no; -->2</a>', '12'],
  ])('keeps text as it is: %s', (_what, xml, text) => {
    expect(parseXml(xml).text).toBe(text);
  });

  test.each([
    ['a document type', '<!DOCTYPE a><a/>'],
    ['an entity of its own', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
    ['an external entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ['a document type in lower case', '<!doctype a><a/>'],
    ['an entity that nobody defined', '<a>&nbsp;</a>'],
    ['an entity that nobody defined, in an attribute', '<a b="&nbsp;"/>'],
    ['an ampersand alone', '<a>a & b</a>'],
    ['a character that is none', '<a>&#xD800;</a>'],
    ['a number beyond all characters', '<a>&#x110000;</a>'],
    ['the character 0', '<a>&#0;</a>'],
    ['an unknown prefix', '<p:a/>'],
    ['an unknown prefix of an attribute', '<a p:b="1"/>'],
    ['two roots', '<a/><b/>'],
    ['nothing', ''],
    ['text alone', 'no'],
    ['an element that is not closed', '<a><b></b>'],
    ['elements that overlap', '<a><b></a></b>'],
    ['text after the root', '<a/>x'],
    ['an attribute twice', '<a b="1" b="2"/>'],
    ['the name of a prototype', '<a><__proto__>1</__proto__></a>'],
    ['the name of a prototype as attribute', '<a __proto__="1"/>'],
    ['101 levels', '<a>'.repeat(101) + '</a>'.repeat(101)],
  ])('is refused when it has %s', (_what, xml) => {
    expect(thrownBy(() => parseXml(xml))).toEqual(refused);
  });

  test('of 50,000 levels is refused, and does not overflow the stack', () => {
    expect(thrownBy(() => parseXml('<a>'.repeat(50_000) + '</a>'.repeat(50_000)))).toEqual(refused);
  });

  test('of any hostile kind is read or refused, never more than that', () => {
    const scraps = [
      '<',
      '>',
      '</',
      '/>',
      '<a',
      '<a>',
      '</a>',
      '<![CDATA[',
      ']]>',
      '<!--',
      '-->',
      '<?',
      '?>',
      '&',
      ';',
      '&#',
      '"',
      '=',
      ' ',
    ];
    const names = [
      'a',
      'xmlns',
      'xmlns:p',
      'p:a',
      '__proto__',
      'constructor',
      '#text',
      ':@',
      '#cdata',
      'toString',
      'x="1"',
    ];
    const scrap = fc.oneof(fc.constantFrom(...scraps, ...names), fc.string({ maxLength: 5, unit: 'binary' }));

    fc.assert(
      fc.property(fc.array(scrap, { maxLength: 30 }), (parts) => {
        const thrown = thrownBy(() => parseXml(`<r>${parts.join('')}</r>`));
        expect(thrown === undefined || (thrown instanceof AppError && thrown.code === 'vsphere.bad-answer')).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('that was cut off anywhere is refused', () => {
    const whole = '<?xml version="1.0"?><a xmlns:p="urn:p"><p:b c="1">&lt;x</p:b><![CDATA[y]]><!-- z --></a>';

    for (let length = 0; length < whole.length; length += 1) {
      expect(thrownBy(() => parseXml(whole.slice(0, length)))).toEqual(refused);
    }
  });
});
