import type { ObjectRef } from '../../../vsphere/soap/reference.ts';
import type { Session } from '../sessions.ts';
import type { Vcenter } from '../vcenter.ts';
import { flag, list, reference, structure, text, type Structure, type Value } from '../wire/value.ts';
import { writeResponse } from '../wire/write.ts';
import { readProperties } from './retrieve.ts';
import { selectObjects } from './select.ts';
import type { FilterSpec } from './specs.ts';

/** What a property collector of a session keeps: pages that are still to come, and filters that are waited on. */

export interface Filter {
  readonly spec: FilterSpec;
  /** What was told of each object: what a value looked like when it was written. */
  told: ReadonlyMap<string, ToldObject>;
}

interface ToldObject {
  readonly ref: ObjectRef;
  readonly values: ReadonlyMap<string, string>;
}

export interface PendingPage {
  readonly refs: readonly ObjectRef[];
  readonly spec: FilterSpec;
  readonly max: number;
}

export class Collector {
  readonly pages = new Map<string, PendingPage>();
  readonly filters = new Map<string, Filter>();
  /** Grows with each update set. */
  version = 0;
  isWaitCancelled = false;

  /** What changed since it was told; undefined when nothing did. */
  update(vcenter: Vcenter, session: Session): Structure | undefined {
    const sets: Structure[] = [];
    for (const [id, filter] of this.filters) {
      const updates = updateFilter(vcenter, filter, session);
      if (updates.length === 0) continue;
      const objectSet = list('ObjectUpdate', updates);
      sets.push(structure('PropertyFilterUpdate', { filter: reference({ type: 'PropertyFilter', id }), objectSet }));
    }
    if (sets.length === 0) return undefined;
    this.version += 1;
    return structure('UpdateSet', {
      version: text(String(this.version)),
      filterSet: list('PropertyFilterUpdate', sets),
      truncated: flag(false),
    });
  }

  /** The client begins anew: everything is news again. */
  forgetTold(): void {
    for (const filter of this.filters.values()) filter.told = new Map();
  }
}

function updateFilter(vcenter: Vcenter, filter: Filter, session: Session): Structure[] {
  const updates: Structure[] = [];
  const now = new Map<string, ToldObject>();
  for (const ref of selectObjects(vcenter, filter.spec, session)) {
    const key = `${ref.type}:${ref.id}`;
    const before = filter.told.get(key);
    const properties = readProperties(vcenter, ref, { spec: filter.spec, session });
    const values = new Map([...properties].map(([name, value]) => [name, writeResponse('', value)]));
    now.set(key, { ref, values });
    const changes = [...properties].filter(([name]) => before?.values.get(name) !== values.get(name));
    const gone = [...(before?.values.keys() ?? [])].filter((name) => !values.has(name));
    if (before !== undefined && changes.length + gone.length === 0) continue;
    updates.push(objectUpdate(before === undefined ? 'enter' : 'modify', ref, { changes, gone }));
  }
  for (const [key, { ref }] of filter.told) {
    if (!now.has(key)) updates.push(objectUpdate('leave', ref, { changes: [], gone: [] }));
  }
  filter.told = now;
  return updates;
}

interface Changes {
  readonly changes: readonly (readonly [name: string, value: Value])[];
  readonly gone: readonly string[];
}

function objectUpdate(kind: string, ref: ObjectRef, { changes, gone }: Changes): Structure {
  const assigned = changes.map(([name, val]) =>
    structure('PropertyChange', { name: text(name), op: text('assign'), val }),
  );
  const removed = gone.map((name) => structure('PropertyChange', { name: text(name), op: text('indirectRemove') }));
  return structure('ObjectUpdate', {
    kind: text(kind),
    obj: reference(ref),
    changeSet: list('PropertyChange', [...assigned, ...removed]),
  });
}
