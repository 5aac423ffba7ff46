import { wholeGiB } from '../../base/units.ts';
import type { VirtualDisk } from '../../vsphere/inventory/disks.ts';
import type { NetworkAdapter } from '../../vsphere/inventory/networks.ts';
import type { VirtualMachine } from '../../vsphere/inventory/virtual-machine.ts';
import type { DiscoveredDisk, DiscoveredNetwork, DiscoveredVm } from '../vcenter-contract.ts';
import { diskIdOf } from '../vsphere/facts.ts';

/** A VM of vSphere in the words of the wire. Pure. */

/** vCenter has its configuration, and showed it: what is not listed is not there. */
const isReadable = (vm: VirtualMachine): boolean =>
  vm.cpuCount !== undefined && !vm.unreadable.includes('config.hardware.device');

/** `datastoreNames` by id; where it does not know one, the name is taken from the disk's file. */
export function presentVm(vm: VirtualMachine, datastoreNames: ReadonlyMap<string, string>): DiscoveredVm {
  return {
    ...identityOf(vm),
    ...hardwareOf(vm),
    power_state: vm.powerState ?? null,
    connection_state: vm.connectionState ?? null,
    is_readable: isReadable(vm),
    annotation: vm.annotation ?? null,
    vmware_tools_status: vm.tools.runningStatus ?? null,
    vmware_tools_version: vm.tools.version ?? null,
    vmware_tools_version_status: vm.tools.versionStatus ?? null,
    cbt_enabled: vm.changeTracking.isEnabled ?? null,
    cbt_supported: vm.changeTracking.isSupported ?? null,
    has_snapshots: vm.snapshots.length > 0,
    unreadable: [...vm.unreadable],
    disks: vm.disks.map((disk) => presentDisk(disk, datastoreNames)),
    networks: vm.networkAdapters.map(presentNetwork),
  };
}

type Identity = Pick<
  DiscoveredVm,
  'id' | 'instance_uuid' | 'bios_uuid' | 'ref' | 'name' | 'display_name' | 'path' | 'folder_path' | 'datacenter'
>;

function identityOf({ ref, name, location, instanceUuid, biosUuid }: VirtualMachine): Identity {
  return {
    id: biosUuid ?? ref.id,
    instance_uuid: instanceUuid ?? null,
    bios_uuid: biosUuid ?? null,
    ref: ref.id,
    name,
    display_name: name,
    path: location?.path ?? ref.id,
    folder_path: location?.folderPath ?? null,
    datacenter: location?.datacenter ?? null,
  };
}

type Hardware = Pick<
  DiscoveredVm,
  'guest_os' | 'os_type' | 'guest_id' | 'memory_mb' | 'num_cpu' | 'cpus' | 'vmx_version' | 'firmware' | 'secure_boot'
>;

const hardwareOf = (vm: VirtualMachine): Hardware => ({
  guest_os: vm.guestFullName ?? null,
  os_type: vm.guestFullName ?? null,
  guest_id: vm.guestId ?? null,
  memory_mb: vm.memoryMib ?? null,
  num_cpu: vm.cpuCount ?? null,
  cpus: vm.cpuCount ?? null,
  vmx_version: vm.hardwareVersion ?? null,
  firmware: vm.firmware ?? null,
  secure_boot: vm.isSecureBoot ?? null,
});

function presentDisk(disk: VirtualDisk, datastoreNames: ReadonlyMap<string, string>): DiscoveredDisk {
  const { backing } = disk;
  const file = backing.fileName ?? null;
  const named = datastoreNames.get(backing.datastore?.id ?? '');
  return {
    id: diskIdOf(disk),
    key: disk.key,
    path: file,
    vmdk_path: file,
    size_gb: wholeGiB(disk.capacityBytes),
    capacity_bytes: disk.capacityBytes,
    datastore: named ?? datastoreIn(file),
    label: disk.label ?? null,
    provisioning_type: backing.provisioning ?? null,
    unit_number: disk.unitNumber ?? null,
    address: disk.address ?? null,
    disk_mode: backing.mode ?? null,
    backing_uuid: backing.uuid ?? null,
  };
}

/** `[datastore1] web01/web01.vmdk` */
const datastoreIn = (file: string | null): string | null => /^\[(.+?)\] /.exec(file ?? '')?.[1] ?? null;

function presentNetwork(adapter: NetworkAdapter): DiscoveredNetwork {
  const name = adapter.networkName ?? null;
  return {
    name,
    network_name: name,
    type: adapter.networkKind,
    connected: adapter.isConnected ?? null,
    mac_address: adapter.macAddress ?? null,
    adapter_type: adapter.adapterType,
    label: adapter.label ?? null,
  };
}
