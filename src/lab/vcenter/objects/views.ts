import type { ObjectRef } from '../../../vsphere/soap/reference.ts';
import type { Vcenter } from '../vcenter.ts';
import { isA } from './classes.ts';
import { childrenOf } from './places.ts';

/** Container views: everything of some classes below a container. They go with their session. */
export interface View {
  readonly container: ObjectRef;
  /** Classes; all where there are none. */
  readonly types: readonly string[];
  readonly isRecursive: boolean;
}

/** What is in the view now. */
export function viewed({ world }: Vcenter, { container, types, isRecursive }: View): ObjectRef[] {
  const byParent = new Map<string, ObjectRef[]>();
  if (isRecursive) {
    // Once for all: thousands of VMs are in one folder.
    for (const vm of world.vms.values()) {
      const siblings = byParent.get(vm.parent) ?? [];
      siblings.push({ type: 'VirtualMachine', id: vm.id });
      byParent.set(vm.parent, siblings);
    }
  }
  const found: ObjectRef[] = [];
  const places = { ...world, vms: new Map() };
  const visit = (parent: string): void => {
    const children = isRecursive
      ? [...childrenOf(places, parent), ...(byParent.get(parent) ?? [])]
      : childrenOf(world, parent);
    for (const child of children) {
      if (types.length === 0 || types.some((type) => isA(child.type, type))) found.push(child);
      if (isRecursive && child.type !== 'VirtualMachine') visit(child.id);
    }
  };
  visit(container.id);
  return found;
}
