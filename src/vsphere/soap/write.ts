import { unsendable } from '../errors.ts';
import { escapeText } from './entities.ts';
import type { ObjectRef } from './reference.ts';

/**
 * Parts of a request, in the order in which the API declares them: a server may refuse any other. Pure.
 * What is undefined is left out, so an optional field is written as it is.
 */

export interface Part {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly content: string | readonly Part[];
}
export type Parts = readonly (Part | undefined)[];

export const text = (name: string, content: string | undefined): Part | undefined =>
  content === undefined ? undefined : { name, content };

export const texts = (name: string, contents: readonly string[]): Part[] =>
  contents.map((content) => ({ name, content }));

export const flag = (name: string, content: boolean | undefined): Part | undefined =>
  content === undefined ? undefined : { name, content: String(content) };

/** An int or a long. Errors: `vsphere.unsendable` for what is not whole, or so large that a number is not exact. */
export function integer(name: string, content: number | undefined): Part | undefined {
  if (content === undefined) return undefined;
  if (!Number.isSafeInteger(content)) throw unsendable('it is not a whole number below 2^53', { field: name });
  return { name, content: String(content) };
}

export const reference = (name: string, ref: ObjectRef | undefined): Part | undefined =>
  ref === undefined ? undefined : { name, attributes: { type: ref.type }, content: ref.id };

/** `type` where the declared type has subclasses: the server must be told which one it is. */
export function structure(name: string, parts: Parts, type?: string): Part {
  const content = parts.filter((part) => part !== undefined);
  return type === undefined ? { name, content } : { name, content, attributes: { 'xsi:type': type } };
}

/** One call of a method of one object. */
export interface Request {
  /** e.g. `Login`; `_Task` is part of the name. */
  readonly method: string;
  readonly target: ObjectRef;
  readonly parts: Parts;
}

const OPEN =
  '<?xml version="1.0" encoding="UTF-8"?>' +
  '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"' +
  ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>';
const CLOSE = '</soapenv:Body></soapenv:Envelope>';

/** Errors: `vsphere.unsendable`; it names the field, never its content. */
export function writeEnvelope({ method, target, parts }: Request): string {
  const body = structure(method, [reference('_this', target), ...parts]);
  return OPEN + writePart({ ...body, attributes: { xmlns: 'urn:vim25' } }) + CLOSE;
}

function writePart({ name, attributes = {}, content }: Part): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeText(value, name)}"`);
  const inner = typeof content === 'string' ? escapeText(content, name) : content.map(writePart).join('');
  return `<${name}${written.join('')}>${inner}</${name}>`;
}
