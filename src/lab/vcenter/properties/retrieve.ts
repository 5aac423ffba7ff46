import type { ObjectRef } from '../../../vsphere/soap/reference.ts';
import { distance } from '../objects/classes.ts';
import { findObject } from '../objects/find.ts';
import type { Session } from '../sessions.ts';
import type { Vcenter } from '../vcenter.ts';
import { list, reference, structure, text, type Structure, type Value } from '../wire/value.ts';
import { VimFault } from '../wire/vim-fault.ts';
import { remembering, valueAt } from './paths.ts';
import type { FilterSpec, PropSet } from './specs.ts';

/** Properties of one object, by path, as far as they are set. Errors: VimFault ManagedObjectNotFound, InvalidProperty. */
export function readProperties(
  vcenter: Vcenter,
  ref: ObjectRef,
  { spec, session }: { readonly spec: FilterSpec; readonly session: Session },
): ReadonlyMap<string, Value> {
  const properties = remembering(findObject(vcenter, ref, session));
  const found = new Map<string, Value>();
  const set = nearestSet(ref, spec.propSets);
  for (const path of set?.isAll === true ? Object.keys(properties) : (set?.paths ?? [])) {
    const value = valueAt(properties, path);
    if (value !== undefined) found.set(path, value);
  }
  return found;
}

/** Of several classes that an object is of, the one that says most about it counts. */
function nearestSet(ref: ObjectRef, sets: readonly PropSet[]): PropSet | undefined {
  let nearest: { steps: number; set: PropSet } | undefined;
  for (const set of sets) {
    const steps = distance(ref.type, set.type);
    if (steps !== undefined && (nearest === undefined || steps < nearest.steps)) nearest = { steps, set };
  }
  return nearest?.set;
}

export interface Page {
  readonly objects: readonly Structure[];
  readonly rest: readonly ObjectRef[];
}

/** The first `max` of these objects; those that are gone by now are left out, as an object of a view would be. */
export function readPage(
  vcenter: Vcenter,
  refs: readonly ObjectRef[],
  of: { readonly spec: FilterSpec; readonly session: Session; readonly max: number },
): Page {
  const objects: Structure[] = [];
  let taken = 0;
  for (const ref of refs) {
    if (objects.length >= of.max) break;
    taken += 1;
    const properties = readIfThere(() => readProperties(vcenter, ref, of));
    if (properties !== undefined) objects.push(objectContent(ref, properties));
  }
  return { objects, rest: refs.slice(taken) };
}

function readIfThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof VimFault && thrown.type === 'ManagedObjectNotFound') return undefined;
    throw thrown;
  }
}

function objectContent(ref: ObjectRef, properties: ReadonlyMap<string, Value>): Structure {
  const propSet = [...properties].map(([name, val]) => structure('DynamicProperty', { name: text(name), val }));
  return structure('ObjectContent', { obj: reference(ref), propSet: list('DynamicProperty', propSet) });
}
