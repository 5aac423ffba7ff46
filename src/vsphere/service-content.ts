import { precondition } from '../base/errors.ts';
import { child, needRef, needText, refIn, textIn } from './soap/read.ts';
import type { ObjectRef } from './soap/reference.ts';
import type { XmlElement } from './soap/xml.ts';

/** The one object of a vCenter whose name is known beforehand. */
export const SERVICE_INSTANCE: ObjectRef = { type: 'ServiceInstance', id: 'ServiceInstance' };

/** What a vCenter says of itself before anybody logs in: where its managers are, and what it is. */
export interface ServiceContent {
  readonly rootFolder: ObjectRef;
  readonly propertyCollector: ObjectRef;
  readonly viewManager: ObjectRef;
  readonly sessionManager: ObjectRef;
  readonly searchIndex: ObjectRef | undefined;
  readonly eventManager: ObjectRef | undefined;
  readonly about: {
    /** e.g. VMware vCenter Server 8.0.2 build-22385739 */
    readonly fullName: string;
    readonly version: string;
    readonly build: string | undefined;
    readonly apiVersion: string;
    /** Tells two vCenters apart, also where both have objects of one name. */
    readonly instanceUuid: string;
  };
}

/** Errors: `vsphere.bad-answer`; precondition `vsphere.not-vcenter` for a single ESXi host, which has no such uuid. */
export function readServiceContent(content: XmlElement): ServiceContent {
  const about = child(content, 'about') ?? content;
  const instanceUuid = textIn(about, 'instanceUuid');
  if (textIn(about, 'apiType') !== 'VirtualCenter' || instanceUuid === undefined) {
    throw precondition('vsphere.not-vcenter', 'this is an ESXi host, not a vcenter', {
      hint: 'give the address of the vcenter that manages the host',
    });
  }
  return {
    rootFolder: needRef(content, 'rootFolder'),
    propertyCollector: needRef(content, 'propertyCollector'),
    viewManager: needRef(content, 'viewManager'),
    sessionManager: needRef(content, 'sessionManager'),
    searchIndex: refIn(content, 'searchIndex'),
    eventManager: refIn(content, 'eventManager'),
    about: {
      fullName: needText(about, 'fullName'),
      version: needText(about, 'version'),
      build: textIn(about, 'build'),
      apiVersion: needText(about, 'apiVersion'),
      instanceUuid,
    },
  };
}
