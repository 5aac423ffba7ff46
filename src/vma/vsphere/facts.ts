import { precondition, upstream } from '../../base/errors.ts';
import type { Reason } from '../../domain/cbt/reason.ts';
import { snapshotObstacle, type TrackingFacts } from '../../domain/cbt/tracking.ts';
import type { DiskBacking, VirtualDisk } from '../../vsphere/inventory/disks.ts';
import type { VirtualMachine } from '../../vsphere/inventory/virtual-machine.ts';
import type { DiskFacts } from '../contract.ts';

/** vSphere's disks in the words that the guard judges by. Pure. */

export const diskIdOf = ({ key }: { readonly key: number }): string => `disk-${key}`;

/** Classes of backings. Source: vSphere Web Services API, VirtualDeviceFileBackingInfo and what is derived from it. */
const BACKINGS: ReadonlyMap<string, DiskFacts['backing']> = new Map([
  ['VirtualDiskFlatVer2BackingInfo', 'flat'],
  ['VirtualDiskSparseVer2BackingInfo', 'sparse'],
  ['VirtualDiskSeSparseBackingInfo', 'se-sparse'],
]);

function backingOf({ type, compatibilityMode }: DiskBacking): DiskFacts['backing'] {
  if (type !== 'VirtualDiskRawDiskMappingVer1BackingInfo') return BACKINGS.get(type) ?? 'other';
  return compatibilityMode === 'virtualMode' ? 'rdm-virtual' : 'rdm-physical';
}

/** `isInUseMapWhole`: whether `*` names all that was ever written on the disks of this vCenter. */
export function diskFacts(disk: VirtualDisk, isInUseMapWhole: boolean): DiskFacts {
  const { backing, controller } = disk;
  const isBusShared = controller?.sharing !== undefined && controller.sharing !== 'noSharing';
  return {
    key: disk.key,
    backing_uuid: backing.uuid ?? null,
    object_id: disk.diskObjectId ?? null,
    file_name: backing.fileName ?? '',
    backing: backingOf(backing),
    disk_mode: backing.mode ?? '',
    is_shared: isBusShared || backing.sharing === 'sharingMultiWriter',
    is_in_use_map_whole: isInUseMapWhole,
  };
}

/** Why no snapshot can hold the disk; undefined when one can. */
export function obstacleOf(disk: VirtualDisk): Reason | undefined {
  const facts = diskFacts(disk, false);
  return snapshotObstacle({
    key: facts.key,
    backingUuid: facts.backing_uuid,
    objectId: facts.object_id,
    fileName: facts.file_name,
    capacityBytes: disk.capacityBytes,
    changeId: null,
    backing: facts.backing,
    diskMode: facts.disk_mode,
    isShared: facts.is_shared,
    isInUseMapWhole: false,
  });
}

/**
 * Before the snapshot: a disk that no snapshot can hold could not be served from it.
 * @throws precondition with the guard's code
 */
export function requireInSnapshots(disk: VirtualDisk): void {
  const obstacle = obstacleOf(disk);
  if (obstacle === undefined) return;
  throw precondition(obstacle.code, `disk ${diskIdOf(disk)} cannot be replicated: ${obstacle.text}`, {
    details: { disk_id: diskIdOf(disk), label: disk.label },
    hint: 'change the disk at the source, or replicate the VM without it',
  });
}

/** For planTracking: a VM whose leftover snapshots of ours are gone. */
export function trackingFacts(vm: VirtualMachine): TrackingFacts {
  return {
    isSupported: vm.changeTracking.isSupported === true && hardwareOf(vm) >= HARDWARE_MIN,
    isEnabled: vm.changeTracking.isEnabled === true,
    hasSnapshots: vm.snapshots.length > 0,
    needsConsolidation: vm.isConsolidationNeeded === true,
  };
}

/** Source: VMware KB 1020128, requirements of changed block tracking. */
const HARDWARE_MIN = 7;

const hardwareOf = ({ hardwareVersion }: VirtualMachine): number =>
  Number(/^vmx-(\d+)$/.exec(hardwareVersion ?? '')?.[1] ?? 0);

/** @throws upstream `source.disk-unreadable`: what is needed to serve it is missing from the snapshot's configuration */
export function requireServable(disk: VirtualDisk): VirtualDisk {
  if (disk.backing.fileName !== undefined && disk.capacityBytes > 0) return disk;
  throw upstream('source.disk-unreadable', `vcenter does not show what ${diskIdOf(disk)} is made of`, {
    details: { disk_id: diskIdOf(disk) },
    hint: 'look at the disk in vcenter; a VM whose host is away shows nothing of its disks',
  });
}
