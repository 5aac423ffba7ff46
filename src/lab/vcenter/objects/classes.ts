/** Which class is derived from which, as far as there are objects of it here. Source: vSphere Web Services API. Pure. */

const BASE: Readonly<Record<string, string>> = {
  ManagedEntity: 'ExtensibleManagedObject',
  VirtualMachine: 'ManagedEntity',
  Folder: 'ManagedEntity',
  Datacenter: 'ManagedEntity',
  HostSystem: 'ManagedEntity',
  ComputeResource: 'ManagedEntity',
  ClusterComputeResource: 'ComputeResource',
  ResourcePool: 'ManagedEntity',
  Datastore: 'ManagedEntity',
  Network: 'ManagedEntity',
  DistributedVirtualPortgroup: 'Network',
  DistributedVirtualSwitch: 'ManagedEntity',
  VmwareDistributedVirtualSwitch: 'DistributedVirtualSwitch',
  VirtualMachineSnapshot: 'ExtensibleManagedObject',
  Task: 'ExtensibleManagedObject',
  ContainerView: 'ManagedObjectView',
  ListView: 'ManagedObjectView',
  ManagedObjectView: 'View',
};

/** How many steps up `wanted` is; undefined where `type` is not derived from it. */
export function distance(type: string, wanted: string): number | undefined {
  let steps = 0;
  for (let at: string | undefined = type; at !== undefined; at = BASE[at]) {
    if (at === wanted) return steps;
    steps += 1;
  }
  return wanted === 'ManagedObject' ? steps : undefined;
}

export const isA = (type: string, wanted: string): boolean => distance(type, wanted) !== undefined;
