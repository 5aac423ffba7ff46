import { randomUUID } from 'node:crypto';
import { GiB, MiB } from '../../base/units.ts';
import { makeVm, uuidsOf } from './machine.ts';
import type { Surroundings, VmRow } from './world.ts';

/** What there is at the first start: one datacenter with a cluster of two hosts, two datastores, three networks. */

export function makeSurroundings(generated: number): Surroundings {
  const [datacenter, vm, host] = ['datacenter-3', 'group-v4', 'group-h5'];
  const [datastore, network] = ['group-s6', 'group-n7'];
  return {
    instanceUuid: randomUUID(),
    counter: 100,
    rootFolder: 'group-d1',
    folders: [
      { id: 'group-d1', name: 'Datacenters', parent: 'none', childTypes: ['Folder', 'Datacenter'] },
      { id: vm, name: 'vm', parent: datacenter, childTypes: ['Folder', 'VirtualMachine', 'VirtualApp'] },
      { id: host, name: 'host', parent: datacenter, childTypes: ['Folder', 'ComputeResource'] },
      { id: datastore, name: 'datastore', parent: datacenter, childTypes: ['Folder', 'Datastore'] },
      { id: network, name: 'network', parent: datacenter, childTypes: ['Folder', 'Network'] },
    ],
    datacenters: [{ id: datacenter, name: 'Lab', parent: 'group-d1' }],
    cluster: { id: 'domain-c8', name: 'cluster1', parent: host, resourcePool: 'resgroup-9' },
    hosts: ['host-10', 'host-11'].map((id, index) => ({
      id,
      name: `esx${index + 1}.lab.example`,
      parent: 'domain-c8',
      connectionState: 'connected',
    })),
    datastores: ['datastore-12', 'datastore-13'].map((id, index) => ({
      id,
      name: `datastore${index + 1}`,
      parent: datastore,
      capacityBytes: 4096 * GiB,
      freeBytes: 3072 * GiB,
      isAccessible: true,
      type: 'VMFS',
    })),
    networks: [
      { id: 'network-14', name: 'VM Network', parent: network, kind: 'standard', switchId: null },
      { id: 'dvs-15', name: 'dvs1', parent: network, kind: 'switch', switchId: null },
      { id: 'dvportgroup-16', name: 'production', parent: network, kind: 'portgroup', switchId: 'dvs-15' },
    ],
    events: [],
    generated,
  };
}

export const vmFolderOf = ({ folders }: Surroundings): string =>
  folders.find((row) => row.childTypes.includes('VirtualMachine'))?.id ?? 'group-v4';

/** Morefs of generated VMs begin behind this: nothing else gets that far. */
const GENERATED_FROM = 1_000_000;

/** VM number `index` of those that nobody has touched yet: the same at each start. */
export function makeGenerated(surroundings: Surroundings, index: number, dirOf: (id: string) => string): VmRow {
  const id = `vm-${GENERATED_FROM + index}`;
  const { hosts, datastores, networks, instanceUuid } = surroundings;
  const host = hosts[index % hosts.length];
  const datastore = datastores[index % datastores.length];
  const network = networks.filter((row) => row.kind !== 'switch')[index % 2];
  return makeVm(
    { name: `vm-${String(index + 1).padStart(5, '0')}`, disks: [{ capacityBytes: 16 * MiB }] },
    {
      id,
      parent: vmFolderOf(surroundings),
      host: host?.id ?? 'host-10',
      datastore: datastore?.id ?? 'datastore-12',
      datastoreName: datastore?.name ?? 'datastore1',
      network: network?.id ?? 'network-14',
      dir: dirOf(id),
    },
    uuidsOf(`${instanceUuid}/${index}`),
  );
}
