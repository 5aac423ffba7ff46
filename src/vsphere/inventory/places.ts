import type { ObjectProperties, PropertySpec } from '../property-collector.ts';
import { readRef } from '../soap/read.ts';
import type { ObjectRef } from '../soap/reference.ts';
import { decodeName } from './names.ts';

/** Where things are: folders, datacenters and vApps, each inside another. Pure. */

export const PLACE_SPECS: readonly PropertySpec[] = [
  { type: 'Folder', paths: ['name', 'parent'] },
  { type: 'Datacenter', paths: ['name', 'parent'] },
  // Of a vApp `parent` is the resource pool; the folder is what people see it in.
  { type: 'VirtualApp', paths: ['name', 'parent', 'parentFolder'] },
];

interface Place {
  readonly type: string;
  /** Escaped, as in a path. */
  readonly name: string;
  readonly parent: ObjectRef | undefined;
}

export interface Location {
  /** Inventory path, e.g. /DC/vm/web/web01. */
  readonly path: string;
  /** Path of the folder or vApp that it is in. */
  readonly folderPath: string;
  readonly datacenter: string | undefined;
}

/** Deeper than anybody nests folders; what goes on for longer goes in circles. */
const DEPTH_MAX = 100;

export class Places {
  readonly #root: ObjectRef;
  readonly #places = new Map<string, Place>();

  constructor(root: ObjectRef) {
    this.#root = root;
  }

  /** True when it is a place, and so was taken. */
  take({ ref, properties }: ObjectProperties): boolean {
    if (!['Folder', 'StoragePod', 'Datacenter', 'VirtualApp'].includes(ref.type)) return false;
    const parent = properties.get('parentFolder') ?? properties.get('parent');
    this.#places.set(ref.id, {
      type: ref.type,
      name: properties.get('name')?.text ?? ref.id,
      parent: parent === undefined ? undefined : readRef(parent),
    });
    return true;
  }

  /** Sorted, each once. */
  datacenterNames(): string[] {
    const datacenters = [...this.#places.values()].filter((place) => place.type === 'Datacenter');
    return [...new Set(datacenters.map((place) => decodeName(place.name)))].toSorted();
  }

  /** Where something called `name` inside `parent` is; undefined while the way to the root is not visible. */
  locate(name: string, parent: ObjectRef | undefined): Location | undefined {
    const names: string[] = [];
    let datacenter: string | undefined;
    let at = parent;
    while (at !== undefined && at.id !== this.#root.id) {
      const place = this.#places.get(at.id);
      if (place === undefined || names.length >= DEPTH_MAX) return undefined;
      names.unshift(place.name);
      if (place.type === 'Datacenter') datacenter = decodeName(place.name);
      at = place.parent;
    }
    if (at === undefined) return undefined;
    const folderPath = `/${names.join('/')}`;
    return { path: `${folderPath}/${name}`, folderPath, datacenter };
  }
}
