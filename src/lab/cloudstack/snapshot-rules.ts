import { badParameter, internalError } from './refusal.ts';
import { isOn } from './settings.ts';
import { hasVmSnapshots } from './volume-rules.ts';
import type { SnapshotRow, VolumeRow, World } from './world.ts';

/**
 * When a snapshot of a volume may be taken, reverted to or deleted, in the words of the management server.
 * Sources: SnapshotManagerImpl, VolumeApiServiceImpl, DefaultSnapshotStrategy (apache/cloudstack). Pure.
 */

/** Within the call. @throws Refusal */
export function checkSnapshotable(volume: VolumeRow): void {
  if (volume.state === 'Ready') return;
  throw badParameter(`VolumeId: ${volume.id} is not in Ready state but ${volume.state}. Cannot take snapshot.`);
}

/** Within the job: whatever of it fails is an internal error there. @throws Refusal */
export function checkTaking(world: World, volume: VolumeRow, quiesceVm: boolean): void {
  checkSnapshotable(volume);
  const vm = world.vms.find((row) => row.id === volume.vmId);
  if (vm !== undefined && vm.state !== 'Stopped' && vm.state !== 'Destroyed' && !isOn(world, 'kvm.snapshot.enabled')) {
    throw internalError(
      'KVM Snapshot is not supported for Running VMs. It is disabled by default due to a possible volume corruption in ' +
        'certain cases. To enable it set global settings kvm.snapshot.enabled to True. See the documentation for more details.',
    );
  }
  if (vm?.state === 'Destroyed') {
    throw internalError(
      `Creating snapshot failed due to volume:${volume.id} is associated with vm:i-2-${vm.number}-VM is in Destroyed state`,
    );
  }
  if (quiesceVm) throw badParameter("can't handle quiescevm equal true for volume snapshot");
}

/** @throws Refusal when the volume of the snapshot may not be set back; returns the volume. */
export function checkRevert(world: World, snapshot: SnapshotRow): VolumeRow {
  const volume = world.volumes.find((row) => row.id === snapshot.volumeId);
  if (volume?.state !== 'Ready') throw badParameter('The volume is not in Ready state.');
  const vm = world.vms.find((row) => row.id === volume.vmId);
  if (vm !== undefined && vm.state !== 'Stopped') {
    throw badParameter('The VM the specified disk is attached to is not in the shutdown state.');
  }
  if (vm !== undefined && hasVmSnapshots(world, vm)) {
    throw badParameter(
      'Unable to revert snapshot for VM, please remove VM snapshots before reverting VM from snapshot',
    );
  }
  if (snapshot.state !== 'BackedUp') throw internalError(`snapshot:${snapshot.id} not exist in data store`);
  return volume;
}

/** @throws Refusal when the snapshot may not be deleted. */
export function checkDeleteSnapshot(snapshot: SnapshotRow): void {
  if (snapshot.state === 'BackedUp' || snapshot.state === 'Error') return;
  throw badParameter(`Can't delete snapshotshot ${snapshot.id} due to it is in ${snapshot.state} Status`);
}

/** @throws Refusal when no volume can be made from the snapshot. */
export function checkSource(snapshot: SnapshotRow): void {
  if (snapshot.state === 'BackedUp') return;
  throw badParameter(`Snapshot id=${snapshot.id} is not in BackedUp state yet and can't be used for volume creation`);
}
