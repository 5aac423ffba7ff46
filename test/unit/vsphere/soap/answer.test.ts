import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AppError } from '../../../../src/base/errors.ts';
import { needReturned, readAnswer } from '../../../../src/vsphere/soap/answer.ts';
import {
  children,
  flagIn,
  integerIn,
  needInteger,
  needRef,
  needText,
  needTime,
  typeOf,
} from '../../../../src/vsphere/soap/read.ts';
import type { XmlElement } from '../../../../src/vsphere/soap/xml.ts';
import { thrownBy } from '../../../support/thrown.ts';

const envelope = (body: string): string =>
  '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"' +
  ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`;

function returnedBy(inner: string): XmlElement {
  const answer = readAnswer(envelope(`<DoResponse xmlns="urn:vim25">${inner}</DoResponse>`), 'Do');
  if (answer.kind === 'fault') throw new Error('it is a fault');
  return answer.response;
}

const refused = expect.objectContaining({ code: 'vsphere.bad-answer' });

describe('an answer', () => {
  test('is what the method returned; a list of one is a list', () => {
    expect(children(returnedBy('<returnval>1</returnval>'), 'returnval').map((each) => each.text)).toEqual(['1']);
    expect(children(returnedBy(''), 'returnval')).toEqual([]);
  });

  test('tells the class of an object, whatever prefix it has', () => {
    const [first, second] = returnedBy(
      '<returnval xsi:type="VirtualDisk"/><returnval xmlns:q="http://www.w3.org/2001/XMLSchema-instance" xmlns:v="urn:vim25" q:type="v:VirtualE1000"/>',
    ).children;

    expect([first, second].map((each) => (each === undefined ? undefined : typeOf(each)))).toEqual([
      'VirtualDisk',
      'VirtualE1000',
    ]);
  });

  test.each([
    ['no envelope', '<html><body>502 Bad Gateway</body></html>'],
    [
      'an envelope of SOAP 1.2',
      envelope('<DoResponse xmlns="urn:vim25"/>').replaceAll('xmlsoap.org/soap', 'w3.org/2003/05'),
    ],
    ['an empty body', envelope('')],
    ['two answers', envelope('<DoResponse xmlns="urn:vim25"/><DoResponse xmlns="urn:vim25"/>')],
    ['the answer to another method', envelope('<OtherResponse xmlns="urn:vim25"/>')],
    ['an answer of another service', envelope('<DoResponse xmlns="urn:pbm"/>')],
    ['a fault of its own making', envelope('<Fault xmlns="urn:vim25"/>')],
  ])('is refused when it is %s', (_what, text) => {
    expect(thrownBy(() => readAnswer(text, 'Do'))).toEqual(refused);
  });

  test.each([
    ['nothing', (): unknown => needReturned(returnedBy(''))],
    ['no number', (): unknown => needInteger(returnedBy(''), 'a')],
    ['a number beyond 2^53', (): unknown => integerIn(returnedBy('<a>9007199254740993</a>'), 'a')],
    ['a number with a point', (): unknown => integerIn(returnedBy('<a>1.5</a>'), 'a')],
    ['an empty number', (): unknown => integerIn(returnedBy('<a/>'), 'a')],
    ['a hexadecimal number', (): unknown => integerIn(returnedBy('<a>0x10</a>'), 'a')],
    ['a maybe', (): unknown => flagIn(returnedBy('<a>maybe</a>'), 'a')],
    ['no text', (): unknown => needText(returnedBy(''), 'a')],
    ['no time', (): unknown => needTime(returnedBy('<a>soon</a>'), 'a')],
    ['a reference without class', (): unknown => needRef(returnedBy('<a>vm-1</a>'), 'a')],
    ['a reference to nothing', (): unknown => needRef(returnedBy('<a type="VirtualMachine"/>'), 'a')],
  ])('is refused where a field is needed and has %s', (_what, read) => {
    expect(thrownBy(read)).toEqual(refused);
  });

  test('has every number below 2^53 exactly', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(integerIn(returnedBy(`<a> ${value}\n</a>`), 'a')).toBe(value + 0);
      }),
    );
  });
});

describe('a fault', () => {
  const fault = (detail: string): string =>
    envelope(
      `<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>no</faultstring>${detail}</soapenv:Fault>`,
    );

  test.each([
    [
      'the class it says it is',
      '<detail><AnyFault xmlns="urn:vim25" xsi:type="InvalidLogin"/></detail>',
      'InvalidLogin',
    ],
    [
      'its name, without a class',
      '<detail><FileFaultFault xmlns="urn:vim25"><file>x</file></FileFaultFault></detail>',
      'FileFault',
    ],
    ['nothing, without detail', '', undefined],
    ['nothing, with an empty detail', '<detail/>', undefined],
  ])('is known by %s', (_what, detail, type) => {
    expect(readAnswer(fault(detail), 'Do')).toMatchObject({ kind: 'fault', fault: { type, message: 'no' } });
  });
});

describe('an envelope of any kind', () => {
  test('is read or refused, never more than that', () => {
    const names = ['Envelope', 'Body', 'Fault', 'detail', 'DoResponse', 'returnval'];
    const prefixes = ['', 's:', 'v:', 'x:'];
    const tree = fc.letrec<{ node: string; branch: string }>((tie) => ({
      node: fc.oneof({ depthSize: 'small' }, fc.constant('<returnval/>'), tie('branch')),
      branch: fc
        .tuple(fc.constantFrom(...prefixes), fc.constantFrom(...names), fc.array(tie('node'), { maxLength: 3 }))
        .map(([prefix, name, inner]) => `<${prefix}${name}>${inner.join('')}</${prefix}${name}>`),
    })).branch;

    fc.assert(
      fc.property(tree, (inner) => {
        const text = inner.replace(
          '>',
          ' xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:v="urn:vim25" xmlns:x="urn:x">',
        );
        const thrown = thrownBy(() => readAnswer(text, 'Do'));
        expect(thrown === undefined || thrown instanceof AppError).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
