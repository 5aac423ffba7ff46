import { badAnswer } from '../errors.ts';
import { child, textIn, typeOf } from './read.ts';
import { parseXml, type XmlElement } from './xml.ts';

/** The outside of an answer: what the method returned, or the fault that came instead. SOAP 1.1. Pure. */

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
const VIM = 'urn:vim25';

/** A refusal, as the server put it. */
export interface Fault {
  /** Class of the fault, e.g. InvalidLogin; undefined when the server named none. */
  readonly type: string | undefined;
  readonly message: string;
  /** Fields of the fault. */
  readonly fields: XmlElement | undefined;
}

export type Answer =
  /** `<method>Response`: its `returnval`s are the result. */
  { readonly kind: 'returned'; readonly response: XmlElement } | { readonly kind: 'fault'; readonly fault: Fault };

/** Errors: `vsphere.bad-answer` for whatever is neither an answer to `method` nor a fault. */
export function readAnswer(envelope: string, method: string): Answer {
  const root = parseXml(envelope);
  const body = root.children.find((each) => each.name === 'Body' && each.space === SOAP);
  const [content, ...others] = body?.children ?? [];
  if (root.name !== 'Envelope' || root.space !== SOAP || content === undefined || others.length > 0) {
    throw badAnswer('it is not a SOAP envelope');
  }
  if (content.name === 'Fault' && content.space === SOAP) return { kind: 'fault', fault: readFault(content) };
  if (content.name !== `${method}Response` || content.space !== VIM) {
    throw badAnswer('it is the answer to something else', { method });
  }
  return { kind: 'returned', response: content };
}

/**
 * The class is the `xsi:type` of the detail; without one the detail is named after it, with `Fault` behind.
 * Source: vSphere Web Services API, wsdl: `<fault name="InvalidLogin">` has the element InvalidLoginFault.
 */
function readFault(element: XmlElement): Fault {
  const fields = child(element, 'detail')?.children[0];
  return {
    type: fields === undefined ? undefined : (typeOf(fields) ?? fields.name.replace(/Fault$/, '')),
    message: textIn(element, 'faultstring') ?? '',
    fields,
  };
}

/** A fault inside an answer: LocalizedMethodFault, as tasks and missing properties have it. */
export function readLocalizedFault(element: XmlElement): Fault {
  const fields = child(element, 'fault');
  return {
    type: fields === undefined ? undefined : typeOf(fields),
    message: textIn(element, 'localizedMessage') ?? '',
    fields,
  };
}

export const returned = (response: XmlElement): XmlElement | undefined => child(response, 'returnval');

/** Errors: `vsphere.bad-answer` when the method returned nothing. */
export function needReturned(response: XmlElement): XmlElement {
  const value = returned(response);
  if (value === undefined) throw badAnswer('it returns nothing', { answer: response.name });
  return value;
}
