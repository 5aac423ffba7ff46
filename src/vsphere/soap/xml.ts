import { XMLParser } from 'fast-xml-parser';
import { badAnswer, readOrRefuse } from '../errors.ts';
import { decodeEntities } from './entities.ts';

/**
 * XML text in, a tree of elements with resolved namespaces out; text stays text. The only importer of the XML parser,
 * which gets to decode and convert nothing: its defects were all in there (docs/decisions/0018). Pure.
 */

export interface XmlElement {
  /** Without prefix. */
  readonly name: string;
  /** Namespace; empty when it is in none. */
  readonly space: string;
  /** Under `{namespace}name`, or the bare name of an attribute without prefix. Declarations of namespaces are left out. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** All text directly in it, entities decoded. */
  readonly text: string;
}

/** Deeper than any answer: a chain of 32 snapshots, each inside the one before. */
const DEPTH_MAX = 100;
const ATTRIBUTES = ':@';
const TEXT = '#text';
const CDATA = '#cdata';

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  cdataPropName: CDATA,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  // It does not count the root.
  maxNestedTags: DEPTH_MAX - 1,
  jPath: false,
});

/** Whatever begins with `<!` and is neither comment nor CDATA: a document type, or a part of one. */
const DOCUMENT_TYPE = /<!(?!--|\[CDATA\[)/;

/**
 * The root element of `text`.
 * Errors: `vsphere.bad-answer` for whatever is not well-formed, has a document type, an entity that XML does not define
 * itself, an unknown prefix, or more than 100 levels.
 */
export function parseXml(text: string): XmlElement {
  if (DOCUMENT_TYPE.test(text)) throw badAnswer('it has a document type');
  // The parser would drop it.
  if (!text.trimEnd().endsWith('>')) throw badAnswer('it does not end with its root element');
  // In some of what is not well-formed the parser stumbles instead of refusing.
  const nodes: unknown = readOrRefuse((): unknown => parser.parse(text, true));
  const roots = listOf(nodes).filter((node) => !isText(node));
  const [root] = roots;
  if (root === undefined || roots.length > 1) throw badAnswer('it has no single root element');
  return readElement(root, XML_PREFIXES);
}

type Scope = ReadonlyMap<string, string>;
/** Bound without being declared. Source: Namespaces in XML 1.0, 3. */
const XML_PREFIXES: Scope = new Map([
  ['', ''],
  ['xml', 'http://www.w3.org/XML/1998/namespace'],
]);

type Node = Readonly<Record<string, unknown>>;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;
const listOf = (value: unknown): readonly Node[] => (Array.isArray(value) && value.every(isNode) ? value : []);

function nameOf(node: Node): string {
  for (const key in node) if (key !== ATTRIBUTES) return key;
  return '';
}

/** Most elements have none. */
const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();

/** Walks over what is in it once: an inventory has millions of elements. */
function readElement(node: Node, outer: Scope): XmlElement {
  const qualified = nameOf(node);
  const attributes = attributesOf(node);
  const scope = scopeOf(attributes, outer);
  const { prefix, local } = split(qualified);
  const children: XmlElement[] = [];
  let text = '';
  for (const child of listOf(node[qualified])) {
    if (isText(child)) text += textOf(child);
    else children.push(readElement(child, scope));
  }
  return {
    name: local,
    space: resolve(prefix, scope),
    attributes: resolveAttributes(attributes, scope),
    children,
    text,
  };
}

const isText = (node: Node): boolean => TEXT in node || CDATA in node;

/** CDATA knows no entities. */
function textOf(node: Node): string {
  if (TEXT in node) return decodeEntities(String(node[TEXT]));
  return listOf(node[CDATA])
    .map((part) => String(part[TEXT]))
    .join('');
}

type Attributes = readonly (readonly [name: string, value: string])[];
const NONE: Attributes = [];

function attributesOf(node: Node): Attributes {
  const attributes = node[ATTRIBUTES];
  if (!isNode(attributes)) return NONE;
  return Object.entries(attributes).map(([name, value]) => [name, decodeEntities(String(value))]);
}

function scopeOf(attributes: Attributes, outer: Scope): Scope {
  if (attributes.length === 0) return outer;
  const declared = attributes.filter(([name]) => isDeclaration(name));
  if (declared.length === 0) return outer;
  return new Map([...outer, ...declared.map(([name, value]) => [name.slice('xmlns:'.length), value] as const)]);
}

const isDeclaration = (name: string): boolean => name === 'xmlns' || name.startsWith('xmlns:');

function resolveAttributes(attributes: Attributes, scope: Scope): ReadonlyMap<string, string> {
  if (attributes.length === 0) return NO_ATTRIBUTES;
  const resolved = new Map<string, string>();
  for (const [name, value] of attributes) {
    if (isDeclaration(name)) continue;
    const { prefix, local } = split(name);
    // Unlike an element, an attribute without prefix is in no namespace.
    resolved.set(prefix === '' ? local : `{${resolve(prefix, scope)}}${local}`, value);
  }
  return resolved;
}

/** `prefix:local` in two; the prefix is empty where there is none. */
export function split(name: string): { prefix: string; local: string } {
  const colon = name.indexOf(':');
  return colon < 0 ? { prefix: '', local: name } : { prefix: name.slice(0, colon), local: name.slice(colon + 1) };
}

function resolve(prefix: string, scope: Scope): string {
  const space = scope.get(prefix);
  if (space === undefined) throw badAnswer('a namespace prefix is not declared');
  return space;
}
