import type { ObjectRef } from '../../../vsphere/soap/reference.ts';
import type { Vcenter } from '../vcenter.ts';
import {
  flag,
  int,
  list,
  maybe,
  oneOf,
  reference,
  references,
  structure,
  text,
  time,
  type Structure,
  type Value,
} from '../wire/value.ts';
import type { DiskRow, SnapshotRow, VmRow } from '../world.ts';
import { devicesOf } from './devices.ts';
import type { Properties } from './properties.ts';

/** VirtualMachine and VirtualMachineSnapshot. Source: vSphere Web Services API. Pure. */

export const vmRef = ({ id }: VmRow): ObjectRef => ({ type: 'VirtualMachine', id });
export const snapshotRef = (id: string): ObjectRef => ({ type: 'VirtualMachineSnapshot', id });

export function virtualMachine(vcenter: Vcenter, vm: VmRow): Properties {
  const hasConfig = vm.connectionState === 'connected';
  const config = (): Structure | undefined => (hasConfig ? configOf(vcenter, vm, nowOf(vm)) : undefined);
  return {
    parent: () => reference({ type: 'Folder', id: vm.parent }),
    name: () => text(vm.name),
    capability: () =>
      structure('VirtualMachineCapability', {
        snapshotOperationsSupported: flag(true),
        multipleSnapshotsSupported: flag(true),
        snapshotConfigSupported: flag(true),
        changeTrackingSupported: flag(vm.isTrackingSupported),
      }),
    config,
    guest: () => guestOf(vm),
    runtime: () => runtimeOf(vm),
    summary: () =>
      structure('VirtualMachineSummary', {
        vm: reference(vmRef(vm)),
        runtime: runtimeOf(vm),
        config: structure('VirtualMachineConfigSummary', {
          name: text(vm.name),
          template: flag(vm.isTemplate),
          vmPathName: text(vmPathOf(vcenter, vm)),
          memorySizeMB: int(vm.memoryMb),
          numCpu: int(vm.cpuCount),
          uuid: text(vm.biosUuid),
          instanceUuid: text(vm.instanceUuid),
          guestId: text(vm.guestId),
          guestFullName: text(vm.guestFullName),
          annotation: text(vm.annotation),
        }),
        overallStatus: oneOf('ManagedEntityStatus', 'green'),
      }),
    snapshot: () => snapshotInfo(vm),
    rootSnapshot: () => references(vm.snapshots.filter((row) => row.parent === null).map((row) => snapshotRef(row.id))),
    network: () => references(networksOf(vcenter, vm)),
    datastore: () => references([{ type: 'Datastore', id: vm.datastore }]),
    resourcePool: () => reference({ type: 'ResourcePool', id: vcenter.world.cluster.resourcePool }),
    recentTask: () =>
      references(
        vcenter.tasks
          .all()
          .filter((task) => task.vm.id === vm.id && task.completedAt === undefined)
          .map(({ id }) => ({ type: 'Task', id })),
      ),
    overallStatus: () => oneOf('ManagedEntityStatus', 'green'),
    guestHeartbeatStatus: () => oneOf('ManagedEntityStatus', vm.areToolsRunning ? 'green' : 'gray'),
    parentVApp: () => undefined,
    resourceConfig: () => undefined,
    storage: () => undefined,
    layoutEx: () => undefined,
    customValue: () => list('CustomFieldValue', []),
  };
}

export function virtualMachineSnapshot(vcenter: Vcenter, vm: VmRow, snapshot: SnapshotRow): Properties {
  return {
    config: () => configOf(vcenter, vm, { disks: snapshot.disks, parent: byId(vm, snapshot.parent), snapshot }),
    childSnapshot: () =>
      references(vm.snapshots.filter((row) => row.parent === snapshot.id).map((row) => snapshotRef(row.id))),
    vm: () => reference(vmRef(vm)),
  };
}

interface Moment {
  readonly disks: readonly DiskRow[];
  readonly parent: SnapshotRow | undefined;
  readonly snapshot: SnapshotRow | undefined;
}

const byId = (vm: VmRow, id: string | null): SnapshotRow | undefined => vm.snapshots.find((row) => row.id === id);
const nowOf = (vm: VmRow): Moment => ({ disks: vm.disks, parent: byId(vm, vm.currentSnapshot), snapshot: undefined });

function networksOf({ world }: Vcenter, vm: VmRow): ObjectRef[] {
  return [...new Set(vm.nics.map((nic) => nic.network))].map((id) => {
    const isPortgroup = world.networks.find((row) => row.id === id)?.kind === 'portgroup';
    return { type: isPortgroup ? 'DistributedVirtualPortgroup' : 'Network', id };
  });
}

function vmPathOf({ world }: Vcenter, vm: VmRow): string {
  const datastore = world.datastores.find((row) => row.id === vm.datastore)?.name ?? '';
  return `[${datastore}] ${vm.name}/${vm.name}.vmx`;
}

function configOf(vcenter: Vcenter, vm: VmRow, { disks, parent, snapshot }: Moment): Structure {
  return structure('VirtualMachineConfigInfo', {
    changeVersion: text('2026-01-01T00:00:00Z'),
    modified: time('1970-01-01T00:00:00Z'),
    name: text(vm.name),
    guestFullName: text(vm.guestFullName),
    version: text(vm.version),
    uuid: text(vm.biosUuid),
    instanceUuid: text(vm.instanceUuid),
    template: flag(vm.isTemplate),
    guestId: text(vm.guestId),
    alternateGuestName: text(''),
    annotation: text(vm.annotation),
    files: structure('VirtualMachineFileInfo', { vmPathName: text(vmPathOf(vcenter, vm)) }),
    hardware: structure('VirtualHardware', {
      numCPU: int(vm.cpuCount),
      numCoresPerSocket: int(1),
      memoryMB: int(vm.memoryMb),
      device: devicesOf({ vm, disks, parent, networks: vcenter.world.networks }),
    }),
    extraConfig: extraConfigOf(disks),
    bootOptions: structure('VirtualMachineBootOptions', { efiSecureBootEnabled: flag(vm.isSecureBoot) }),
    changeTrackingEnabled: flag(snapshot?.isTrackingEnabled ?? vm.isTrackingEnabled),
    firmware: text(vm.firmware),
  });
}

/** As in the vmx file, for each disk whose changes are tracked. */
function extraConfigOf(disks: readonly DiskRow[]): Value {
  const option = (key: string, value: string): Structure => ({
    ...structure('OptionValue', { key: text(key), value: text(value) }),
    isSubclass: true,
  });
  const tracked = disks.filter((disk) => disk.tracking?.isActive === true);
  return list(
    'OptionValue',
    tracked.map((disk) => option(`scsi0:${disk.unitNumber}.ctkEnabled`, 'TRUE')),
  );
}

function runtimeOf(vm: VmRow): Structure {
  return structure('VirtualMachineRuntimeInfo', {
    host: reference({ type: 'HostSystem', id: vm.host }),
    connectionState: oneOf('VirtualMachineConnectionState', vm.connectionState),
    powerState: oneOf('VirtualMachinePowerState', vm.powerState),
    toolsInstallerMounted: flag(false),
    bootTime: maybe(time, vm.bootedAt),
    numMksConnections: int(0),
    consolidationNeeded: flag(vm.isConsolidationNeeded),
  });
}

function guestOf(vm: VmRow): Structure {
  const isRunning = vm.powerState === 'poweredOn' && vm.areToolsRunning;
  return structure('GuestInfo', {
    toolsStatus: oneOf('VirtualMachineToolsStatus', isRunning ? 'toolsOk' : 'toolsNotRunning'),
    toolsVersionStatus: text('guestToolsUnmanaged'),
    toolsVersionStatus2: text('guestToolsUnmanaged'),
    toolsRunningStatus: text(isRunning ? 'guestToolsRunning' : 'guestToolsNotRunning'),
    toolsVersion: text('12352'),
    guestId: maybe(text, isRunning ? vm.guestId : undefined),
    guestFamily: maybe(text, isRunning ? (vm.guestId.startsWith('win') ? 'windowsGuest' : 'linuxGuest') : undefined),
    guestFullName: maybe(text, isRunning ? vm.guestFullName : undefined),
    hostName: maybe(text, isRunning ? vm.name : undefined),
    guestState: text(isRunning ? 'running' : 'notRunning'),
  });
}

/** The VM has this property only where it has snapshots. */
function snapshotInfo(vm: VmRow): Structure | undefined {
  if (vm.snapshots.length === 0) return undefined;
  return structure('VirtualMachineSnapshotInfo', {
    currentSnapshot: maybe((id: string) => reference(snapshotRef(id)), vm.currentSnapshot),
    rootSnapshotList: treesOf(vm, null),
  });
}

function treesOf(vm: VmRow, parent: string | null): Value {
  return list(
    'VirtualMachineSnapshotTree',
    vm.snapshots
      .filter((row) => row.parent === parent)
      .map((row) =>
        structure('VirtualMachineSnapshotTree', {
          snapshot: reference(snapshotRef(row.id)),
          vm: reference(vmRef(vm)),
          name: text(row.name),
          description: text(row.description),
          id: int(row.number),
          createTime: time(row.createdAt),
          state: oneOf('VirtualMachinePowerState', row.powerState),
          quiesced: flag(row.isQuiesced),
          childSnapshotList: treesOf(vm, row.id),
          replaySupported: flag(false),
        }),
      ),
  );
}
