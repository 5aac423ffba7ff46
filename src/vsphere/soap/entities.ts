import { badAnswer, unsendable } from '../errors.ts';

/** What stands for characters in XML text: nothing but XML's own five names and numbers. Pure. */

const NAMED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** Everything up to the end of the name, so that an ampersand that begins nothing is found, too. */
const REFERENCE = /&([^;&<\s]{0,16})(;?)/g;

/** Errors: `vsphere.bad-answer` for an entity that only a document type could define, and for what is no character. */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(REFERENCE, (_whole, name: string, end: string) => {
    const character = end === ';' ? (NAMED.get(name) ?? numbered(name)) : undefined;
    if (character === undefined) throw badAnswer('it names an entity that XML does not know');
    return character;
  });
}

function numbered(name: string): string | undefined {
  const digits = /^#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,8}))$/.exec(name);
  if (digits === null) return undefined;
  const code = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16);
  const isCharacter = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) && code !== 0;
  return isCharacter ? String.fromCodePoint(code) : undefined;
}

/** What XML 1.0 cannot hold, not even as a number. Source: XML 1.0, 2.2 "Characters". */
const UNSENDABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&apos;'],
  // A parser would make a line feed of it.
  ['\r', '&#13;'],
  // In an attribute a parser would make a blank of them.
  ['\n', '&#10;'],
  ['\t', '&#9;'],
]);

/** `text` for use as content or as the value of an attribute. Errors: `vsphere.unsendable`, without the text. */
export function escapeText(text: string, name: string): string {
  if (UNSENDABLE.test(text) || !text.isWellFormed()) throw unsendable('it holds a control character', { field: name });
  return text.replace(/[&<>"'\r\n\t]/g, (character) => ESCAPES.get(character) ?? character);
}
