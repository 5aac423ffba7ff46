import { decodeName } from './inventory/names.ts';
import { readObjects, type ObjectProperties, type PropertySpec } from './property-collector.ts';
import type { CallOptions, VsphereSession } from './session.ts';
import { readFlag, readInteger } from './soap/read.ts';
import type { ObjectRef } from './soap/reference.ts';

/** Room on datastores. Source: vSphere Web Services API, DatastoreSummary. */

export interface Datastore {
  readonly ref: ObjectRef;
  readonly name: string;
  /** Both are 0 while it is not accessible. */
  readonly capacityBytes: number;
  readonly freeBytes: number;
  readonly isAccessible: boolean;
}

export const DATASTORE_SPEC: PropertySpec = {
  type: 'Datastore',
  paths: ['name', 'summary.accessible', 'summary.capacity', 'summary.freeSpace'],
};

/**
 * In one call, in the order of `refs`, each once. vCenter looks at a datastore every few minutes: what it says of free
 * space may be that old.
 * Errors: `vsphere.not-found` when one of them is gone; those of `VsphereSession.call`.
 */
export async function readDatastores(
  session: VsphereSession,
  refs: readonly ObjectRef[],
  options: CallOptions = {},
): Promise<readonly Datastore[]> {
  const wanted = new Map(refs.map((ref) => [ref.id, ref]));
  const objects = await session.within(
    (caller) => readObjects(caller, { refs: [...wanted.values()], specs: [DATASTORE_SPEC] }),
    options,
  );
  const found = new Map(objects.map((object) => [object.ref.id, readDatastore(object)]));
  return [...wanted.keys()].flatMap((id) => found.get(id) ?? []);
}

/** Errors: `vsphere.bad-answer` where a field is not of its type. */
export function readDatastore({ ref, properties }: ObjectProperties): Datastore {
  const bytes = (path: string): number => {
    const value = properties.get(path);
    return value === undefined ? 0 : readInteger(value);
  };
  const accessible = properties.get('summary.accessible');
  return {
    ref,
    name: decodeName(properties.get('name')?.text ?? ref.id),
    capacityBytes: bytes('summary.capacity'),
    freeBytes: bytes('summary.freeSpace'),
    isAccessible: accessible !== undefined && readFlag(accessible),
  };
}
