import type { ObjectRef } from '../../../vsphere/soap/reference.ts';
import type { Session } from '../sessions.ts';
import type { Vcenter } from '../vcenter.ts';
import { objectNotFound } from '../wire/vim-fault.ts';
import { managerProperties, task } from './managers.ts';
import { cluster, datacenter, datastore, folder, host, network, resourcePool } from './places.ts';
import type { Properties } from './properties.ts';
import { virtualMachine, virtualMachineSnapshot } from './virtual-machine.ts';

/** Properties of the object that `ref` names. Errors: VimFault ManagedObjectNotFound. */
export function findObject(vcenter: Vcenter, ref: ObjectRef, session: Session | undefined): Properties {
  const found = work(vcenter, ref) ?? place(vcenter, ref) ?? managerProperties(vcenter, ref, session);
  if (found === undefined) throw objectNotFound(ref);
  return found;
}

function work(vcenter: Vcenter, { type, id }: ObjectRef): Properties | undefined {
  switch (type) {
    case 'VirtualMachine': {
      const vm = vcenter.world.vms.get(id);
      return vm === undefined ? undefined : virtualMachine(vcenter, vm);
    }
    case 'VirtualMachineSnapshot':
      return snapshotIn(vcenter, id);
    case 'Task': {
      const found = vcenter.tasks.find(id);
      return found === undefined ? undefined : task(found);
    }
    default:
      return undefined;
  }
}

function place(vcenter: Vcenter, { type, id }: ObjectRef): Properties | undefined {
  const { world } = vcenter;
  const byId = <Row extends { id: string }>(rows: readonly Row[], make: (of: Vcenter, row: Row) => Properties) => {
    const row = rows.find((each) => each.id === id);
    return row === undefined ? undefined : make(vcenter, row);
  };
  switch (type) {
    case 'Folder':
      return byId(world.folders, folder);
    case 'Datacenter':
      return byId(world.datacenters, datacenter);
    case 'HostSystem':
      return byId(world.hosts, host);
    case 'ClusterComputeResource':
      return id === world.cluster.id ? cluster(vcenter) : undefined;
    case 'ResourcePool':
      return id === world.cluster.resourcePool ? resourcePool(vcenter) : undefined;
    case 'Datastore':
      return byId(world.datastores, datastore);
    case 'Network':
    case 'DistributedVirtualPortgroup':
    case 'VmwareDistributedVirtualSwitch':
      return byId(world.networks, network);
    default:
      return undefined;
  }
}

function snapshotIn(vcenter: Vcenter, id: string): Properties | undefined {
  for (const vm of vcenter.world.vms.values()) {
    const snapshot = vm.snapshots.find((row) => row.id === id);
    if (snapshot !== undefined) return virtualMachineSnapshot(vcenter, vm, snapshot);
  }
  return undefined;
}
