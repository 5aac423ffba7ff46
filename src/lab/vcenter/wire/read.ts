import { invalidRequest } from '../../../base/errors.ts';
import { needRef } from '../../../vsphere/soap/read.ts';
import type { ObjectRef } from '../../../vsphere/soap/reference.ts';
import { parseXml, type XmlElement } from '../../../vsphere/soap/xml.ts';

/** One call, as it arrives. */
export interface CallRequest {
  readonly method: string;
  readonly target: ObjectRef;
  /** Holds the arguments by name. */
  readonly args: XmlElement;
}

/** Errors: those of the one XML reader; invalid-request `lab.not-soap`. */
export function readCall(envelope: string): CallRequest {
  const root = parseXml(envelope);
  const body = root.children.find((child) => child.name === 'Body');
  const call = body?.children[0];
  if (root.name !== 'Envelope' || call === undefined) throw invalidRequest('lab.not-soap', 'this is no SOAP envelope');
  return { method: call.name, target: needRef(call, '_this'), args: call };
}
