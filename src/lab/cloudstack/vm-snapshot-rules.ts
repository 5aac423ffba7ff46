import { badParameter, internalError } from './refusal.ts';
import { isOn, numberOf } from './settings.ts';
import { volumesOf } from './volume-rules.ts';
import type { VmRow, VmSnapshotRow, World } from './world.ts';

/**
 * When a snapshot of a VM may be taken, reverted to or deleted, in the words of the management server.
 * Source: VMSnapshotManagerImpl (apache/cloudstack). Pure.
 */

const ACTIVE: readonly VmSnapshotRow['state'][] = ['Allocated', 'Creating', 'Expunging', 'Reverting'];

const snapshotsOf = (world: World, vm: VmRow): VmSnapshotRow[] => world.vmSnapshots.filter((row) => row.vmId === vm.id);

/** A snapshot other than `except` is at work. */
function hasActiveTask(world: World, vm: VmRow, except?: VmSnapshotRow): boolean {
  return snapshotsOf(world, vm).some((row) => row !== except && ACTIVE.includes(row.state));
}

const TRY_LATER = 'There is other active vm snapshot tasks on the instance, please try again later';

export interface TakingVm {
  readonly vm: VmRow;
  readonly displayName: string | undefined;
  readonly memory: boolean;
}

/** Within the call. @throws Refusal */
export function checkTakingVm(world: World, { vm, displayName, memory }: TakingVm): void {
  if (snapshotsOf(world, vm).some((row) => row.displayName === displayName)) {
    throw badParameter(`Creating VM snapshot failed due to VM snapshot with name${displayName ?? ''}  already exists`);
  }
  if (vm.state !== 'Running' && vm.state !== 'Stopped') {
    throw badParameter(`Creating vm snapshot failed due to VM:${vm.number} is not in the running or Stopped state`);
  }
  if (memory && vm.state !== 'Running') {
    throw badParameter('Can not snapshot memory when VM is not in Running state');
  }
  if (!memory && vm.state === 'Running' && !isOn(world, 'kvm.vmstoragesnapshot.enabled')) {
    throw badParameter('KVM VM does not allow to take a disk-only snapshot when VM is in running state');
  }
  const most = numberOf(world, 'vmsnapshot.max');
  if (snapshotsOf(world, vm).length >= most) {
    throw internalError(
      `Creating vm snapshot failed due to a VM can just have : ${most} VM snapshots. Please delete old ones`,
    );
  }
  checkVolumesIdle(world, vm);
  if (hasActiveTask(world, vm)) throw internalError(TRY_LATER);
}

function checkVolumesIdle(world: World, vm: VmRow): void {
  const ids = new Set(volumesOf(world, vm).map((volume) => volume.id));
  if (world.snapshots.some((row) => ids.has(row.volumeId) && (row.state === 'Creating' || row.state === 'BackingUp'))) {
    throw internalError(
      'There is other active volume snapshot tasks on the instance to which the volume is attached, please try again later.',
    );
  }
}

/** Within the job. @throws Refusal */
export function checkRoot(world: World, vm: VmRow): void {
  const root = volumesOf(world, vm).find((volume) => volume.type === 'ROOT');
  if (root === undefined) throw internalError('Create vm to snapshot failed due to no root disk found');
  if (root.state !== 'Ready') {
    throw internalError(`Create vm to snapshot failed due to vm: ${vm.number} has root disk in ${root.state} state`);
  }
}

/** @throws Refusal when the VM may not be set back to the snapshot. */
export function checkRevertVm(world: World, snapshot: VmSnapshotRow, vm: VmRow): void {
  if (hasActiveTask(world, vm, snapshot)) throw badParameter(TRY_LATER);
  if (vm.state !== 'Running' && vm.state !== 'Stopped') {
    throw badParameter('VM Snapshot reverting failed due to vm is not in the state of Running or Stopped.');
  }
  if ((vm.state === 'Running') !== (snapshot.type === 'DiskAndMemory')) {
    throw badParameter(
      'VM Snapshot revert not allowed. This will result in VM state change. You can revert running VM to disk and ' +
        'memory type snapshot and stopped VM to disk type snapshot',
    );
  }
  if (snapshot.state !== 'Ready') {
    throw badParameter('VM Snapshot reverting failed due to vm snapshot is not in the state of Created.');
  }
}

/** @throws Refusal when the snapshot may not be deleted. */
export function checkDeleteVmSnapshot(world: World, snapshot: VmSnapshotRow): void {
  if (snapshot.state !== 'Ready' && snapshot.state !== 'Error' && snapshot.state !== 'Expunging') {
    throw badParameter(
      `Can't delete the vm snapshotshot ${snapshot.id} due to it is not in Created or Error, or Expunging State`,
    );
  }
  const vm = world.vms.find((row) => row.id === snapshot.vmId);
  if (vm !== undefined && hasActiveTask(world, vm, snapshot)) throw badParameter(TRY_LATER);
}
