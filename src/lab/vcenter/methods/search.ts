import { flagIn, needText, textIn } from '../../../vsphere/soap/read.ts';
import type { ObjectRef } from '../../../vsphere/soap/reference.ts';
import { childrenOf } from '../objects/places.ts';
import { vmRef } from '../objects/virtual-machine.ts';
import { findObject } from '../objects/find.ts';
import type { Vcenter } from '../vcenter.ts';
import { maybe, reference, references } from '../wire/value.ts';
import type { VmRow } from '../world.ts';
import { inSession, type Call, type Methods } from './method.ts';

/** SearchIndex. Source: vSphere Web Services API. */

function byUuid({ vcenter, args }: Call): VmRow[] {
  const uuid = needText(args, 'uuid').toLowerCase();
  if (flagIn(args, 'vmSearch') !== true) return [];
  const isInstance = flagIn(args, 'instanceUuid') ?? false;
  return [...vcenter.world.vms.values()].filter(
    (vm) => (isInstance ? vm.instanceUuid : vm.biosUuid).toLowerCase() === uuid,
  );
}

/** Names keep %2f, %5c and %25 as the inventory has them. */
function byPath(vcenter: Vcenter, path: string): ObjectRef | undefined {
  let at: ObjectRef = { type: 'Folder', id: vcenter.world.rootFolder };
  for (const name of path.split('/').filter((part) => part !== '')) {
    const next = childrenOf(vcenter.world, at.id).find((child) => nameOf(vcenter, child) === name);
    if (next === undefined) return undefined;
    at = next;
  }
  return at;
}

function nameOf(vcenter: Vcenter, ref: ObjectRef): string | undefined {
  const name = findObject(vcenter, ref, undefined)['name']?.();
  return name?.kind === 'scalar' ? name.text : undefined;
}

export const searchMethods: Methods = {
  /** Of several with one BIOS uuid, some one is found. */
  FindByUuid: inSession((call) => maybe(reference, byUuid(call).map(vmRef)[0])),
  FindAllByUuid: inSession((call) => references(byUuid(call).map(vmRef))),
  FindByInventoryPath: inSession(({ vcenter, args }) =>
    maybe(reference, byPath(vcenter, needText(args, 'inventoryPath'))),
  ),
  FindChild: inSession(({ vcenter, args }) => {
    const entity = childrenOf(vcenter.world, textIn(args, 'entity') ?? '');
    return maybe(
      reference,
      entity.find((child) => nameOf(vcenter, child) === needText(args, 'name')),
    );
  }),
};
