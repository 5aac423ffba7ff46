import type { ObjectRef } from '../../../vsphere/soap/reference.ts';

/**
 * Values of vim25 as this simulator keeps them until they are written: each knows its class, because an answer must name
 * it wherever the declared type says less. Fields stand in the order in which the WSDL declares them. Pure.
 */

export type Value = Scalar | Structure | List | Reference;

interface Scalar {
  readonly kind: 'scalar';
  /** `xsd:int`, or the class of an enumeration. */
  readonly type: string;
  readonly text: string;
}

export interface Structure {
  readonly kind: 'structure';
  readonly type: string;
  /** The declared type is a base class: the real one is always named. */
  readonly isSubclass: boolean;
  /** A field that is undefined exists and is not set. */
  readonly fields: Readonly<Record<string, Value | undefined>>;
}

export interface List {
  readonly kind: 'list';
  /** Class of its items, e.g. `VirtualDevice`, `string`, `ManagedObjectReference`. */
  readonly item: string;
  readonly items: readonly Value[];
}

export interface Reference {
  readonly kind: 'reference';
  readonly ref: ObjectRef;
}

const scalar = (type: string, text: string): Scalar => ({ kind: 'scalar', type, text });

export const text = (value: string): Scalar => scalar('xsd:string', value);
export const int = (value: number): Scalar => scalar('xsd:int', String(value));
export const long = (value: number): Scalar => scalar('xsd:long', String(value));
export const flag = (value: boolean): Scalar => scalar('xsd:boolean', String(value));
export const time = (value: string): Scalar => scalar('xsd:dateTime', value);
export const oneOf = (enumeration: string, value: string): Scalar => scalar(enumeration, value);
export const reference = (ref: ObjectRef): Reference => ({ kind: 'reference', ref });

export const structure = (type: string, fields: Structure['fields']): Structure => ({
  kind: 'structure',
  type,
  isSubclass: false,
  fields,
});

export const subclass = (type: string, fields: Structure['fields']): Structure => ({
  ...structure(type, fields),
  isSubclass: true,
});

export const list = (item: string, items: readonly Value[]): List => ({ kind: 'list', item, items });

export const references = (refs: readonly ObjectRef[]): List => list('ManagedObjectReference', refs.map(reference));

/** A field that is only sometimes set. */
export const maybe = <T>(make: (value: T) => Value, value: T | null | undefined): Value | undefined =>
  value === undefined || value === null ? undefined : make(value);
