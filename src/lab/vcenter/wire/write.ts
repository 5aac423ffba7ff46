import { escapeText } from '../../../vsphere/soap/entities.ts';
import type { Value } from './value.ts';
import type { VimFault } from './vim-fault.ts';

/** Answers as vCenter writes them. Source: SOAP 1.1; vSphere Web Services API, vim-types.xsd. Pure. */

const OPEN =
  '<?xml version="1.0" encoding="UTF-8"?>\n' +
  '<soapenv:Envelope xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/"' +
  ' xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"' +
  ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n' +
  '<soapenv:Body>\n';
const CLOSE = '\n</soapenv:Body>\n</soapenv:Envelope>';

/** A list is its items, each a `returnval`; nothing is an answer, too. */
export function writeResponse(method: string, returned: Value | undefined): string {
  const inner = returned === undefined ? '' : writeField('returnval', returned);
  return `${OPEN}<${method}Response xmlns="urn:vim25">${inner}</${method}Response>${CLOSE}`;
}

export function writeFault(fault: VimFault): string {
  const { type, fields } = fault;
  const inner = writeFields(fields);
  return (
    `${OPEN}<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>${escapeText(fault.message, 'faultstring')}` +
    `</faultstring><detail><${type}Fault xmlns="urn:vim25" xsi:type="${type}">${inner}</${type}Fault></detail>` +
    `</soapenv:Fault>${CLOSE}`
  );
}

function writeFields(fields: Readonly<Record<string, Value | undefined>>): string {
  let written = '';
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) written += writeField(name, value);
  return written;
}

/** Fields whose declared type is anyType: the class is named whatever it is. */
const ANY_TYPE: ReadonlySet<string> = new Set(['val', 'value', 'result']);

/** A field of a structure: its declared type is known to the reader. */
function writeField(name: string, value: Value): string {
  if (ANY_TYPE.has(name)) return writeAny(name, value);
  switch (value.kind) {
    case 'scalar':
      return `<${name}>${escapeText(value.text, name)}</${name}>`;
    case 'reference':
      return `<${name} type="${value.ref.type}">${escapeText(value.ref.id, name)}</${name}>`;
    case 'list':
      return value.items.map((item) => writeField(name, item)).join('');
    case 'structure': {
      const type = value.isSubclass ? ` xsi:type="${value.type}"` : '';
      return `<${name}${type}>${writeFields(value.fields)}</${name}>`;
    }
  }
}

function writeAny(name: string, value: Value): string {
  switch (value.kind) {
    case 'scalar':
      return `<${name} xsi:type="${value.type}">${escapeText(value.text, name)}</${name}>`;
    case 'reference':
      return `<${name} type="${value.ref.type}" xsi:type="ManagedObjectReference">${escapeText(value.ref.id, name)}</${name}>`;
    case 'list': {
      const { item, items } = value;
      const array = `ArrayOf${item.charAt(0).toUpperCase()}${item.slice(1)}`;
      return `<${name} xsi:type="${array}">${items.map((each) => writeField(item, each)).join('')}</${name}>`;
    }
    case 'structure':
      return `<${name} xsi:type="${value.type}">${writeFields(value.fields)}</${name}>`;
  }
}
