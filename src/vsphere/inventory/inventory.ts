import {
  retrieveProperties,
  withContainerView,
  type ObjectProperties,
  type PropertySpec,
  type Retrieval,
} from '../property-collector.ts';
import type { Caller, CallOptions, VsphereSession } from '../session.ts';
import { decodeName } from './names.ts';
import { NETWORK_SPECS, NetworkNames } from './networks.ts';
import { PLACE_SPECS, Places } from './places.ts';
import { readVirtualMachine, VM_SPEC, type VirtualMachine } from './virtual-machine.ts';

/** All that a vCenter has, in as many calls as there are pages: nothing is asked for VM by VM. */

export interface Inventory {
  /** Tells two vCenters apart that both have a VM of one name. */
  readonly vcenterInstanceUuid: string;
  readonly virtualMachines: readonly VirtualMachine[];
  /** Names of datastores by the id that the backing of a disk refers to. */
  readonly datastoreNames: ReadonlyMap<string, string>;
  /** Each once: folders may hold several of one name. */
  readonly datacenterNames: readonly string[];
}

export interface InventoryOptions extends CallOptions {
  /** Of a page; 200. A VM is 15 to 30 KiB of XML, and reading a page keeps this process from everything else. */
  readonly maxObjects?: number;
}

/** A session, or what stands for one. */
type Sessions = Pick<VsphereSession, 'within'>;

const PAGE_OBJECTS = 200;
const SURROUNDINGS: readonly PropertySpec[] = [
  { type: 'Datastore', paths: ['name'] },
  ...PLACE_SPECS,
  ...NETWORK_SPECS,
];

/**
 * Reads everything that this account may see. When the session ends half-way it is read anew, once.
 * Errors: those of `VsphereSession.call`; `timeoutMs` is for each call.
 */
export async function readInventory(session: Sessions, options: InventoryOptions = {}): Promise<Inventory> {
  const { maxObjects = PAGE_OBJECTS, ...callOptions } = options;
  return session.within((caller) => readAll(caller, maxObjects), callOptions);
}

async function readAll(caller: Caller, maxObjects: number): Promise<Inventory> {
  const places = new Places(caller.content.rootFolder);
  const networks = new NetworkNames();
  const datastoreNames = new Map<string, string>();
  await forEach(caller, { specs: SURROUNDINGS, maxObjects }, (object) => {
    if (places.take(object) || networks.take(object) || object.ref.type !== 'Datastore') return;
    datastoreNames.set(object.ref.id, decodeName(object.properties.get('name')?.text ?? object.ref.id));
  });
  // By id: a VM that moves while pages are read may be on two of them.
  const machines = new Map<string, VirtualMachine>();
  await forEach(caller, { specs: [VM_SPEC], maxObjects }, (object) => {
    machines.set(object.ref.id, readVirtualMachine(object, { places, networks }));
  });
  const vcenterInstanceUuid = caller.content.about.instanceUuid;
  const virtualMachines = [...machines.values()];
  return { vcenterInstanceUuid, virtualMachines, datastoreNames, datacenterNames: places.datacenterNames() };
}

type Wanted = Omit<Retrieval, 'view'>;

async function forEach(caller: Caller, wanted: Wanted, take: (object: ObjectProperties) => void): Promise<void> {
  const types = wanted.specs.map((spec) => spec.type);
  await withContainerView(caller, types, async (view) => {
    for await (const object of retrieveProperties(caller, { ...wanted, view })) take(object);
  });
}
