import { KiB } from '../../../base/units.ts';
import { changeIdOf, SCSI_CONTROLLER_KEY } from '../machine.ts';
import {
  flag,
  int,
  list,
  long,
  maybe,
  oneOf,
  reference,
  structure,
  subclass,
  text,
  type List,
  type Structure,
} from '../wire/value.ts';
import type { DiskRow, NetworkRow, NicRow, SnapshotRow, VmRow } from '../world.ts';

/** The hardware of a VM as the API describes it. Source: vSphere Web Services API, VirtualDevice and below. Pure. */

export interface DevicesOf {
  readonly vm: VmRow;
  /** Those of the VM now, or of a snapshot of it. */
  readonly disks: readonly DiskRow[];
  /** The snapshot that their files are differences to. */
  readonly parent: SnapshotRow | undefined;
  readonly networks: readonly NetworkRow[];
}

export function devicesOf({ vm, disks, parent, networks }: DevicesOf): List {
  const devices = [
    controller(vm, disks),
    ...disks.map((disk) => virtualDisk(vm, disk, parent)),
    ...vm.nics.map((nic) => ethernetCard(nic, networks)),
  ];
  return list('VirtualDevice', devices);
}

const description = (label: string, summary: string): Structure =>
  subclass('Description', { label: text(label), summary: text(summary) });

function controller(vm: VmRow, disks: readonly DiskRow[]): Structure {
  return subclass('ParaVirtualSCSIController', {
    key: int(SCSI_CONTROLLER_KEY),
    deviceInfo: description('SCSI controller 0', 'VMware paravirtual SCSI'),
    controllerKey: int(100),
    unitNumber: int(3),
    busNumber: int(0),
    device: list(
      'int',
      disks.map((disk) => int(disk.key)),
    ),
    hotAddRemove: flag(true),
    sharedBus: oneOf('VirtualSCSISharing', vm.sharedBus),
    scsiCtlrUnitNumber: int(7),
  });
}

function virtualDisk(vm: VmRow, disk: DiskRow, parent: SnapshotRow | undefined): Structure {
  const capacityKiB = Math.floor(disk.capacityBytes / KiB);
  return subclass('VirtualDisk', {
    key: int(disk.key),
    deviceInfo: description(disk.label, `${capacityKiB.toLocaleString('en')} KB`),
    backing: backingOf(vm, disk, parent),
    controllerKey: int(disk.controllerKey),
    unitNumber: int(disk.unitNumber),
    capacityInKB: long(capacityKiB),
    capacityInBytes: long(disk.capacityBytes),
    diskObjectId: text(disk.diskObjectId),
  });
}

function backingOf(vm: VmRow, disk: DiskRow, snapshot: SnapshotRow | undefined): Structure {
  const before = snapshot?.disks.find((row) => row.backingUuid === disk.backingUuid);
  const isDelta = before !== undefined && before.fileName !== disk.fileName;
  const parent = isDelta ? backingOf(vm, before, undefined) : undefined;
  const file = {
    fileName: text(disk.fileName),
    datastore: reference({ type: 'Datastore', id: vm.datastore }),
    backingObjectId: text(''),
  };
  const uuid = text(disk.backingUuid);
  const changeId = maybe(text, changeIdOf(disk));
  const diskMode = text(disk.diskMode);
  const sharing = text(disk.isShared ? 'sharingMultiWriter' : 'sharingNone');
  const thinProvisioned = flag(disk.isThin);
  switch (disk.kind) {
    case 'flat':
      return subclass('VirtualDiskFlatVer2BackingInfo', {
        ...file,
        diskMode,
        split: flag(false),
        writeThrough: flag(false),
        thinProvisioned,
        eagerlyScrub: disk.isThin ? undefined : flag(true),
        uuid,
        changeId,
        parent,
        sharing,
      });
    case 'sparse':
      return subclass('VirtualDiskSparseVer2BackingInfo', { ...file, diskMode, uuid, changeId, parent });
    case 'se-sparse':
      return subclass('VirtualDiskSeSparseBackingInfo', { ...file, diskMode, uuid, changeId, parent });
    case 'rdm-virtual':
    case 'rdm-physical':
      return subclass('VirtualDiskRawDiskMappingVer1BackingInfo', {
        ...file,
        lunUuid: text(`0200000000${disk.backingUuid.replaceAll('-', '')}`),
        deviceName: text(`vml.${disk.backingUuid.replaceAll('-', '')}`),
        compatibilityMode: text(disk.kind === 'rdm-virtual' ? 'virtualMode' : 'physicalMode'),
        diskMode,
        uuid,
        changeId,
        parent,
        sharing,
      });
  }
}

function ethernetCard(nic: NicRow, networks: readonly NetworkRow[]): Structure {
  const network = networks.find((row) => row.id === nic.network);
  return subclass('VirtualVmxnet3', {
    key: int(nic.key),
    deviceInfo: description(nic.label, network?.name ?? ''),
    backing: network?.kind === 'portgroup' ? distributed(network, nic) : standard(network),
    connectable: structure('VirtualDeviceConnectInfo', {
      startConnected: flag(true),
      allowGuestControl: flag(true),
      connected: flag(nic.isConnected),
      status: text('ok'),
    }),
    controllerKey: int(100),
    unitNumber: int(nic.key - 3993),
    addressType: text('assigned'),
    macAddress: text(nic.macAddress),
    wakeOnLanEnabled: flag(true),
  });
}

const standard = (network: NetworkRow | undefined): Structure =>
  subclass('VirtualEthernetCardNetworkBackingInfo', {
    deviceName: text(network?.name ?? ''),
    useAutoDetect: flag(false),
    network: maybe((id: string) => reference({ type: 'Network', id }), network?.id),
  });

const distributed = (network: NetworkRow, nic: NicRow): Structure =>
  subclass('VirtualEthernetCardDistributedVirtualPortBackingInfo', {
    port: structure('DistributedVirtualSwitchPortConnection', {
      switchUuid: text(network.switchId ?? ''),
      portgroupKey: text(network.id),
      portKey: text(String(nic.key)),
      connectionCookie: int(1),
    }),
  });
