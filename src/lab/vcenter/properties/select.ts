import type { ObjectRef } from '../../../vsphere/soap/reference.ts';
import { isA } from '../objects/classes.ts';
import { findObject } from '../objects/find.ts';
import type { Session } from '../sessions.ts';
import type { Vcenter } from '../vcenter.ts';
import type { Value } from '../wire/value.ts';
import { invalidArgument } from '../wire/vim-fault.ts';
import { valueAt } from './paths.ts';
import type { FilterSpec, Selection, Traversal } from './specs.ts';

/** Which objects a spec speaks of: each once, in the order in which they are come by. */
export function selectObjects(vcenter: Vcenter, spec: FilterSpec, session: Session): ObjectRef[] {
  const found = new Map<string, ObjectRef>();
  const walked = new Map<Traversal, Set<string>>();
  const visit = (ref: ObjectRef, isSkipped: boolean, selections: readonly Selection[]): void => {
    if (!isSkipped) found.set(`${ref.type}:${ref.id}`, ref);
    for (const selection of selections) {
      const traversal = selection.kind === 'named' ? spec.named.get(selection.name) : selection;
      if (traversal === undefined) throw invalidArgument('specSet.objectSet.selectSet.name');
      if (!isA(ref.type, traversal.type)) continue;
      const seen = walked.get(traversal) ?? new Set();
      walked.set(traversal, seen);
      if (seen.has(ref.id)) continue;
      seen.add(ref.id);
      const at = valueAt(findObject(vcenter, ref, session), traversal.path);
      for (const next of refsIn(at)) visit(next, traversal.isSkipped, traversal.selections);
    }
  };
  for (const set of spec.objectSets) {
    // An object that is not there is refused, whoever leads to it is not.
    findObject(vcenter, set.ref, session);
    visit(set.ref, set.isSkipped, set.selections);
  }
  return [...found.values()].filter((ref) => spec.propSets.some((set) => isA(ref.type, set.type)));
}

function refsIn(value: Value | undefined): ObjectRef[] {
  if (value?.kind === 'reference') return [value.ref];
  return value?.kind === 'list' ? value.items.flatMap(refsIn) : [];
}
