import type { XmlElement } from '../../../vsphere/soap/xml.ts';
import type { ObjectRef } from '../../../vsphere/soap/reference.ts';
import type { Session } from '../sessions.ts';
import type { Keys } from '../keys.ts';
import type { Vcenter } from '../vcenter.ts';
import type { Value } from '../wire/value.ts';

/** What a method of the API is, and what it gets. */

export interface Call {
  readonly vcenter: Vcenter;
  readonly method: string;
  readonly target: ObjectRef;
  readonly args: XmlElement;
  readonly session: Session;
}

/** A call that needs no session. */
export interface OpenCall extends Omit<Call, 'session'> {
  readonly session: Session | undefined;
  readonly keys: Keys;
}

type Answer = Value | undefined | Promise<Value | undefined>;

export type Method =
  | { readonly kind: 'open'; readonly run: (call: OpenCall) => Answer | LoginAnswer }
  | { readonly kind: 'in-session'; readonly run: (call: Call) => Answer };

/** Whose cookie is to be set. */
export interface LoginAnswer {
  readonly kind: 'login';
  readonly session: Session;
  readonly value: Value;
}

export type Methods = Readonly<Record<string, Method>>;

export const inSession = (run: (call: Call) => Answer): Method => ({ kind: 'in-session', run });
