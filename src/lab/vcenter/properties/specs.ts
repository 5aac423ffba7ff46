import { children, flagIn, needRef, needText, readFlag, child, textIn } from '../../../vsphere/soap/read.ts';
import type { ObjectRef } from '../../../vsphere/soap/reference.ts';
import type { XmlElement } from '../../../vsphere/soap/xml.ts';

/** What a PropertyFilterSpec asks for. Source: vSphere Web Services API, PropertyCollector. Pure. */

export interface FilterSpec {
  readonly propSets: readonly PropSet[];
  readonly objectSets: readonly ObjectSet[];
  /** Selections that were given a name anywhere in the spec: others refer to them. */
  readonly named: ReadonlyMap<string, Traversal>;
  readonly areMissingReported: boolean;
}

export interface PropSet {
  readonly type: string;
  readonly isAll: boolean;
  readonly paths: readonly string[];
}

export interface ObjectSet {
  readonly ref: ObjectRef;
  readonly isSkipped: boolean;
  readonly selections: readonly Selection[];
}

/** One way on, or the name of one. */
export type Selection = Traversal | { readonly kind: 'named'; readonly name: string };

export interface Traversal {
  readonly kind: 'traversal';
  readonly type: string;
  readonly path: string;
  readonly isSkipped: boolean;
  readonly selections: readonly Selection[];
}

export function readFilterSpec(spec: XmlElement): FilterSpec {
  const named = new Map<string, Traversal>();
  const objectSets = children(spec, 'objectSet').map((set) => ({
    ref: needRef(set, 'obj'),
    isSkipped: flagIn(set, 'skip') ?? false,
    selections: children(set, 'selectSet').map((each) => readSelection(each, named)),
  }));
  return {
    propSets: children(spec, 'propSet').map((set) => ({
      type: needText(set, 'type'),
      isAll: flagIn(set, 'all') ?? false,
      paths: children(set, 'pathSet').map((path) => path.text),
    })),
    objectSets,
    named,
    areMissingReported: flagIn(spec, 'reportMissingObjectsInResults') ?? false,
  };
}

/** A traversal is told by its path: not every client names the class of what it sends. */
function readSelection(element: XmlElement, named: Map<string, Traversal>): Selection {
  const name = textIn(element, 'name');
  const path = textIn(element, 'path');
  if (path === undefined) return { kind: 'named', name: name ?? '' };
  const skip = child(element, 'skip');
  const traversal: Traversal = {
    kind: 'traversal',
    type: needText(element, 'type'),
    path,
    isSkipped: skip === undefined ? false : readFlag(skip),
    selections: children(element, 'selectSet').map((each) => readSelection(each, named)),
  };
  if (name !== undefined) named.set(name, traversal);
  return traversal;
}
