import { badParameter, internalError } from './refusal.ts';
import type { VmRow, VolumeRow, World } from './world.ts';

/**
 * When a volume may be attached, detached, resized or deleted, in the order and the words of the management server.
 * Source: VolumeApiServiceImpl (apache/cloudstack). Pure: nothing is changed here.
 */

export const hasVmSnapshots = (world: World, vm: VmRow): boolean => world.vmSnapshots.some((row) => row.vmId === vm.id);

export const volumesOf = (world: World, vm: VmRow): VolumeRow[] => world.volumes.filter((row) => row.vmId === vm.id);

export interface Attaching {
  readonly volume: VolumeRow;
  readonly vm: VmRow;
  readonly deviceId: number | undefined;
}

/** @throws Refusal when the volume may not be attached there. */
export function checkAttach(world: World, { volume, vm, deviceId }: Attaching): void {
  if (volume.vmId !== null) throw badParameter('Please specify a volume that is not attached to any VM.');
  if (volume.state === 'Destroy') throw badParameter('Please specify a volume that is not destroyed.');
  if (vm.state !== 'Running' && vm.state !== 'Stopped') {
    throw badParameter('Please specify a VM that is either running or stopped.');
  }
  if (vm.zoneId !== volume.zoneId) throw badParameter('Please specify a VM that is in the same zone as the volume.');
  const attached = volumesOf(world, vm);
  if (deviceId === 0) {
    checkRoot(vm);
    if (attached.some((row) => row.deviceId === 0)) throw badParameter('Vm already has root volume attached to it');
  } else if (attached.filter((row) => row.type === 'DATADISK').length >= world.dataVolumesMax) {
    throw badParameter(
      `The specified VM already has the maximum number of data disks (${world.dataVolumesMax}) attached. Please specify another VM.`,
    );
  }
  if (hasVmSnapshots(world, vm)) {
    throw badParameter(
      `Unable to attach volume to VM ${vm.name}/${vm.id}, please specify a VM that does not have VM snapshots`,
    );
  }
  if (volume.state !== 'Allocated' && volume.state !== 'Ready') {
    throw badParameter('Volume state must be in Allocated, Ready or in Uploaded state');
  }
}

function checkRoot(vm: VmRow): void {
  if (vm.state === 'Stopped' || vm.state === 'Destroyed') return;
  throw badParameter('Root volume detach can happen only when vm is in states: Stopped or Destroyed');
}

/** The CD-ROM has this place. */
const DEVICE_ID_OF_CDROM = 3;

/** The place that the volume gets at the VM. */
export function chooseDeviceId(world: World, { vm, deviceId }: Attaching): number {
  // Two more than data volumes: the root disk and the CD-ROM.
  const last = world.dataVolumesMax + 1;
  const used = new Set(volumesOf(world, vm).map((row) => row.deviceId));
  if (deviceId !== undefined) {
    if (deviceId < 0 || deviceId > last || deviceId === DEVICE_ID_OF_CDROM) {
      throw internalError(`deviceId should be 0,1,2,4-${last}`);
    }
    if (used.has(deviceId)) throw internalError(`deviceId ${deviceId} is used by vm ${vm.number}`);
    return deviceId;
  }
  for (let candidate = 1; candidate <= last; candidate += 1) {
    if (candidate !== DEVICE_ID_OF_CDROM && !used.has(candidate)) return candidate;
  }
  throw internalError(`All device Ids are used by vm ${vm.number}`);
}

/**
 * Whether attaching gives an Allocated volume its storage: only at a VM that has a volume with storage of its own,
 * whose pool then decides.
 */
export const getsStorage = (world: World, { volume, vm }: Attaching): boolean =>
  volume.state === 'Allocated' && volumesOf(world, vm).some((row) => row.state === 'Ready');

/** @throws Refusal; returns the VM that the volume leaves. */
export function checkDetach(world: World, volume: VolumeRow): VmRow {
  const vm = world.vms.find((row) => row.id === volume.vmId);
  if (vm === undefined) throw badParameter('The specified volume is not attached to a VM.');
  if (vm.state !== 'Running' && vm.state !== 'Stopped' && vm.state !== 'Destroyed') {
    throw badParameter('Please specify a VM that is either running or stopped.');
  }
  if (volume.type === 'ROOT') checkRoot(vm);
  if (hasVmSnapshots(world, vm)) {
    throw badParameter('Unable to detach volume, please specify a VM that does not have VM snapshots');
  }
  return vm;
}

/** A snapshot of the volume is being taken. */
const hasActiveSnapshot = (world: World, volume: VolumeRow): boolean =>
  world.snapshots.some((row) => row.volumeId === volume.id && (row.state === 'Creating' || row.state === 'BackingUp'));

/** @throws Refusal when the volume may not be deleted. */
export function checkDelete(world: World, volume: VolumeRow): void {
  if (hasActiveSnapshot(world, volume)) {
    throw badParameter('There are snapshot operations in progress on the volume, unable to delete it');
  }
  if (volume.vmId !== null) throw badParameter('Please specify a volume that is not attached to any VM.');
}

export interface Resizing {
  readonly volume: VolumeRow;
  readonly sizeBytes: number;
  readonly shrinkOk: boolean;
}

/** @throws Refusal when the volume may not get that size. */
export function checkResize(world: World, { volume, sizeBytes, shrinkOk }: Resizing): void {
  if (volume.state !== 'Allocated' && volume.state !== 'Ready') {
    throw badParameter(
      `Volume should be in ready or allocated state before attempting a resize. Volume ${volume.id} is in state ${volume.state}.`,
    );
  }
  if (hasActiveSnapshot(world, volume)) {
    throw badParameter(
      'There is/are unbackedup snapshot(s) on this volume, resize volume is not permitted, please try again later.',
    );
  }
  const offering = world.diskOfferings.find((row) => row.id === volume.diskOfferingId);
  if (volume.type === 'DATADISK' && offering?.customized !== true) {
    throw badParameter(
      "To change a volume's size without providing a new disk offering, its current disk offering must be customizable or it must be a root volume (if providing a disk offering, make sure it is different from the current disk offering).",
    );
  }
  const vm = world.vms.find((row) => row.id === volume.vmId);
  if (vm !== undefined && hasVmSnapshots(world, vm)) {
    throw badParameter('A volume that is attached to a VM with any VM snapshots cannot be resized.');
  }
  if (sizeBytes >= volume.sizeBytes) return;
  if (volume.state !== 'Allocated') throw badParameter('Unable to shrink volumes of type QCOW2');
  if (!shrinkOk) {
    throw badParameter(
      `Going from existing size of ${volume.sizeBytes} to size of ${sizeBytes} would shrink the volume.` +
        'Need to sign off by supplying the shrinkok parameter with value of true.',
    );
  }
}
