import type { ObjectRef } from '../../../vsphere/soap/reference.ts';
import type { Vcenter } from '../vcenter.ts';
import {
  flag,
  int,
  list,
  long,
  maybe,
  oneOf,
  reference,
  references,
  structure,
  text,
  type Value,
} from '../wire/value.ts';
import type { DatacenterRow, DatastoreRow, FolderRow, HostRow, NetworkRow, World } from '../world.ts';
import type { Properties } from './properties.ts';

/** Everything that VMs are in, on or connected to. Source: vSphere Web Services API. Pure. */

const status = (): Value => oneOf('ManagedEntityStatus', 'green');

export function folder({ world }: Vcenter, row: FolderRow): Properties {
  return {
    parent: () => parentOf(world, row.parent),
    name: () => text(row.name),
    overallStatus: status,
    childType: () => list('string', row.childTypes.map(text)),
    childEntity: () => references(childrenOf(world, row.id)),
  };
}

export function datacenter({ world }: Vcenter, row: DatacenterRow): Properties {
  const under = (name: string) => (): Value | undefined => {
    const found = world.folders.find((each) => each.parent === row.id && each.name === name);
    return maybe((id: string) => reference({ type: 'Folder', id }), found?.id);
  };
  return {
    parent: () => parentOf(world, row.parent),
    name: () => text(row.name),
    overallStatus: status,
    vmFolder: under('vm'),
    hostFolder: under('host'),
    datastoreFolder: under('datastore'),
    networkFolder: under('network'),
    datastore: () => references(world.datastores.map(({ id }) => ({ type: 'Datastore', id }))),
    network: () => references(world.networks.flatMap((each) => networkRefs(each))),
  };
}

export function cluster({ world }: Vcenter): Properties {
  const { name, parent, resourcePool } = world.cluster;
  return {
    parent: () => parentOf(world, parent),
    name: () => text(name),
    overallStatus: status,
    host: () => references(world.hosts.map(({ id }) => ({ type: 'HostSystem', id }))),
    datastore: () => references(world.datastores.map(({ id }) => ({ type: 'Datastore', id }))),
    network: () => references(world.networks.flatMap((each) => networkRefs(each))),
    resourcePool: () => reference({ type: 'ResourcePool', id: resourcePool }),
  };
}

export function resourcePool({ world }: Vcenter): Properties {
  return {
    parent: () => parentOf(world, world.cluster.id),
    name: () => text('Resources'),
    overallStatus: status,
    owner: () => reference({ type: 'ClusterComputeResource', id: world.cluster.id }),
    resourcePool: () => references([]),
    vm: () => references([...world.vms.keys()].map((id) => ({ type: 'VirtualMachine', id }))),
  };
}

export function host({ world }: Vcenter, row: HostRow): Properties {
  return {
    parent: () => parentOf(world, row.parent),
    name: () => text(row.name),
    overallStatus: status,
    runtime: () =>
      structure('HostRuntimeInfo', {
        connectionState: oneOf('HostSystemConnectionState', row.connectionState),
        powerState: oneOf('HostSystemPowerState', 'poweredOn'),
        inMaintenanceMode: flag(false),
      }),
    config: () => undefined,
    datastore: () => references(world.datastores.map(({ id }) => ({ type: 'Datastore', id }))),
    vm: () =>
      references(
        [...world.vms.values()].filter((vm) => vm.host === row.id).map(({ id }) => ({ type: 'VirtualMachine', id })),
      ),
  };
}

export function datastore({ world }: Vcenter, row: DatastoreRow): Properties {
  const self = { type: 'Datastore', id: row.id };
  const url = `ds:///vmfs/volumes/${row.id}/`;
  return {
    parent: () => parentOf(world, row.parent),
    name: () => text(row.name),
    overallStatus: status,
    info: () =>
      structure('DatastoreInfo', {
        name: text(row.name),
        url: text(url),
        freeSpace: long(row.freeBytes),
        maxFileSize: long(row.capacityBytes),
      }),
    summary: () =>
      structure('DatastoreSummary', {
        datastore: reference(self),
        name: text(row.name),
        url: text(url),
        capacity: long(row.capacityBytes),
        freeSpace: long(row.freeBytes),
        accessible: flag(row.isAccessible),
        multipleHostAccess: flag(true),
        type: text(row.type),
        maintenanceMode: text('normal'),
      }),
    vm: () =>
      references(
        [...world.vms.values()]
          .filter((vm) => vm.datastore === row.id)
          .map(({ id }) => ({ type: 'VirtualMachine', id })),
      ),
  };
}

export function network({ world }: Vcenter, row: NetworkRow): Properties {
  const common: Properties = {
    parent: () => parentOf(world, row.parent),
    name: () => text(row.name),
    overallStatus: status,
    summary: () => structure('NetworkSummary', { name: text(row.name), accessible: flag(true), ipPoolName: text('') }),
  };
  if (row.kind === 'standard') return common;
  if (row.kind === 'switch') return { ...common, uuid: () => text(row.id), portgroup: () => references([]) };
  return {
    ...common,
    key: () => text(row.id),
    config: () =>
      structure('DVPortgroupConfigInfo', {
        key: text(row.id),
        name: text(row.name),
        numPorts: int(8),
        distributedVirtualSwitch: maybe(
          (id: string) => reference({ type: 'VmwareDistributedVirtualSwitch', id }),
          row.switchId,
        ),
        type: text('earlyBinding'),
      }),
  };
}

/** What lives where: children of a folder, of any class. */
export function childrenOf(world: World, parent: string): ObjectRef[] {
  const refs = (type: string, rows: Iterable<{ id: string; parent: string }>): ObjectRef[] =>
    [...rows].filter((row) => row.parent === parent).map(({ id }) => ({ type, id }));
  return [
    ...refs('Folder', world.folders),
    ...refs('Datacenter', world.datacenters),
    ...refs('ClusterComputeResource', [world.cluster]),
    ...refs('HostSystem', world.hosts),
    ...(parent === world.cluster.id ? [{ type: 'ResourcePool', id: world.cluster.resourcePool }] : []),
    ...refs('Datastore', world.datastores),
    ...world.networks.filter((row) => row.parent === parent).flatMap(networkRef),
    ...refs('VirtualMachine', world.vms.values()),
  ];
}

const NETWORK_TYPES = {
  standard: 'Network',
  switch: 'VmwareDistributedVirtualSwitch',
  portgroup: 'DistributedVirtualPortgroup',
} as const;

const networkRef = ({ id, kind }: NetworkRow): ObjectRef[] => [{ type: NETWORK_TYPES[kind], id }];
/** A switch is no network. */
const networkRefs = (row: NetworkRow): ObjectRef[] => (row.kind === 'switch' ? [] : networkRef(row));

function parentOf(world: World, id: string): Value | undefined {
  if (id === world.cluster.id) return reference({ type: 'ClusterComputeResource', id });
  if (world.folders.some((row) => row.id === id)) return reference({ type: 'Folder', id });
  if (world.datacenters.some((row) => row.id === id)) return reference({ type: 'Datacenter', id });
  return undefined;
}
