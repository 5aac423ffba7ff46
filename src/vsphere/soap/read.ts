import { badAnswer } from '../errors.ts';
import type { ObjectRef } from './reference.ts';
import { split, type XmlElement } from './xml.ts';

/**
 * Fields of an answer, read by what the caller knows of their type, never by how they look: a VM may be named 0123, and a
 * list of one looks like a single field. Missing fields are undefined; the `need...` forms refuse instead, with
 * `vsphere.bad-answer` that names the field and never quotes it. Pure.
 */

const XSI_TYPE = '{http://www.w3.org/2001/XMLSchema-instance}type';

/** The class that the server says it is, without prefix; undefined where the declared type says it all. */
export function typeOf(element: XmlElement): string | undefined {
  const type = element.attributes.get(XSI_TYPE);
  return type === undefined ? undefined : split(type.trim()).local;
}

export const child = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find((each) => each.name === name);

/** A field that may be there any number of times. */
export const children = (element: XmlElement | undefined, name: string): XmlElement[] =>
  element?.children.filter((each) => each.name === name) ?? [];

/** What is at the end of `path`: names of fields, each inside the one before. */
export const descend = (element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined =>
  path.reduce((at, name) => child(at, name), element);

export const textIn = (element: XmlElement | undefined, name: string): string | undefined => child(element, name)?.text;

export function needText(element: XmlElement, name: string): string {
  return textIn(element, name) ?? missing(name);
}

/** Booleans of XML Schema. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

export function flagIn(element: XmlElement | undefined, name: string): boolean | undefined {
  const found = child(element, name);
  return found === undefined ? undefined : readFlag(found);
}

export function readFlag(element: XmlElement): boolean {
  const value = BOOLEANS.get(element.text.trim());
  if (value === undefined) throw badAnswer('a field is neither true nor false', { field: element.name });
  return value;
}

/** An int or a long. */
export function integerIn(element: XmlElement | undefined, name: string): number | undefined {
  const found = child(element, name);
  return found === undefined ? undefined : readInteger(found);
}

export function needInteger(element: XmlElement, name: string): number {
  return integerIn(element, name) ?? missing(name);
}

/** Errors: `vsphere.bad-answer` also beyond 2^53, where a number would silently become another. */
export function readInteger(element: XmlElement): number {
  const written = element.text.trim();
  const value = Number(written);
  if (!/^[+-]?\d{1,19}$/.test(written) || !Number.isSafeInteger(value)) {
    throw badAnswer('a field is not a whole number below 2^53', { field: element.name });
  }
  // Not -0.
  return value + 0;
}

/** A dateTime. */
export function needTime(element: XmlElement, name: string): Date {
  const time = new Date(needText(element, name));
  if (Number.isNaN(time.getTime())) throw badAnswer('a field is not a time', { field: name });
  return time;
}

export function refIn(element: XmlElement | undefined, name: string): ObjectRef | undefined {
  const found = child(element, name);
  return found === undefined ? undefined : readRef(found);
}

export function needRef(element: XmlElement, name: string): ObjectRef {
  return refIn(element, name) ?? missing(name);
}

/** A reference as it stands in an answer: the id is its text, the class an attribute. */
export function readRef(element: XmlElement): ObjectRef {
  const type = element.attributes.get('type');
  if (type === undefined || type === '' || element.text === '') {
    throw badAnswer('a field is not a reference to an object', { field: element.name });
  }
  return { type, id: element.text };
}

function missing(name: string): never {
  throw badAnswer('a field is missing', { field: name });
}
