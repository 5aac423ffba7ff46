import { notFound } from '../base/errors.ts';
import { badAnswer } from './errors.ts';
import { NETWORK_SPECS, NetworkNames } from './inventory/networks.ts';
import { PLACE_SPECS, Places } from './inventory/places.ts';
import { readVirtualMachine, VM_SPEC, type VirtualMachine } from './inventory/virtual-machine.ts';
import { readObjects } from './property-collector.ts';
import type { CallOptions, VsphereSession } from './session.ts';
import { children, readRef, refIn } from './soap/read.ts';
import { sameRef, type ObjectRef } from './soap/reference.ts';
import { flag, structure, text, type Part, type Request } from './soap/write.ts';

/** One VM: found by what it is known by, and read with its surroundings. */

/** `path` is an inventory path as `Location.path` has it: with the escapes %2f, %5c and %25 inside of names. */
export type VmName = { readonly instanceUuid: string } | { readonly path: string };

const SEARCH_INDEX: ObjectRef = { type: 'SearchIndex', id: 'SearchIndex' };

/**
 * Source: vSphere Web Services API, SearchIndex.FindByUuid and FindByInventoryPath.
 * Errors: not-found `vsphere.vm-unknown`; those of `VsphereSession.call`.
 */
export async function findVm(session: VsphereSession, name: VmName, options: CallOptions = {}): Promise<ObjectRef> {
  const target = session.content.searchIndex ?? SEARCH_INDEX;
  const found = refIn(await session.call(searchFor(target, name), options), 'returnval');
  if (found?.type === 'VirtualMachine') return found;
  throw notFound('vsphere.vm-unknown', 'vcenter knows no such VM', {
    details: { ...name },
    hint: 'it was removed or moved, or this account may not see it: discover the VMs of this vcenter again',
  });
}

/**
 * All VMs with a BIOS uuid: clones share it. Source: vSphere Web Services API, SearchIndex.FindAllByUuid.
 * Errors: those of `VsphereSession.call`.
 */
export async function findVmsByBiosUuid(
  session: VsphereSession,
  uuid: string,
  options: CallOptions = {},
): Promise<readonly ObjectRef[]> {
  const target = session.content.searchIndex ?? SEARCH_INDEX;
  const parts = [text('uuid', uuid), flag('vmSearch', true), flag('instanceUuid', false)];
  const response = await session.call({ method: 'FindAllByUuid', target, parts }, options);
  return children(response, 'returnval').map(readRef);
}

function searchFor(target: ObjectRef, name: VmName): Request {
  if ('instanceUuid' in name) {
    const parts = [text('uuid', name.instanceUuid), flag('vmSearch', true), flag('instanceUuid', true)];
    return { method: 'FindByUuid', target, parts };
  }
  // It begins below the root folder, which has no name there.
  return { method: 'FindByInventoryPath', target, parts: [text('inventoryPath', name.path.replace(/^\/+/, ''))] };
}

/** What it is in, up to the root folder, and what its adapters are connected to. */
const SURROUNDINGS: readonly Part[] = [
  through('up', ['ManagedEntity', 'parent'], ['up']),
  through('vApp', ['VirtualMachine', 'parentVApp'], ['folderOfVApp', 'up']),
  through('folderOfVApp', ['VirtualApp', 'parentFolder'], ['up']),
  through('networks', ['VirtualMachine', 'network'], []),
];

function through(name: string, [type, path]: readonly [type: string, path: string], next: readonly string[]): Part {
  const further = next.map((each) => structure('selectSet', [text('name', each)]));
  const parts = [text('name', name), text('type', type), text('path', path), flag('skip', false), ...further];
  return structure('selectSet', parts, 'TraversalSpec');
}

const SPECS = [VM_SPEC, ...PLACE_SPECS, ...NETWORK_SPECS];

/** In one call. Errors: `vsphere.not-found` where it is gone; those of `VsphereSession.call`. */
export async function readVm(
  session: VsphereSession,
  ref: ObjectRef,
  options: CallOptions = {},
): Promise<VirtualMachine> {
  return session.within(async (caller) => {
    const objects = await readObjects(caller, { refs: [ref], specs: SPECS, through: SURROUNDINGS });
    const places = new Places(caller.content.rootFolder);
    const networks = new NetworkNames();
    for (const object of objects) if (!places.take(object)) networks.take(object);
    const own = objects.find((object) => sameRef(object.ref, ref));
    if (own === undefined) throw badAnswer('it shows nothing of a VM', { id: ref.id });
    return readVirtualMachine(own, { places, networks });
  }, options);
}
