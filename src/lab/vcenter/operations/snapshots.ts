import { setPower } from './power.ts';
import type { Vcenter } from '../vcenter.ts';
import { objectNotFound } from '../wire/vim-fault.ts';
import type { DiskRow, SnapshotRow, VmRow } from '../world.ts';

/** What happens to a VM's snapshots. Call within the VM's task. */

export interface SnapshotWish {
  readonly name: string;
  readonly description: string;
  readonly isQuiesced: boolean;
}

/**
 * The stun comes with the freeze: tracking that begins with it has seen nothing of what is in this snapshot, so the
 * snapshot itself has no changeId yet.
 */
export async function takeSnapshot(vcenter: Vcenter, vm: VmRow, wish: SnapshotWish): Promise<SnapshotRow> {
  const id = vcenter.newId('snapshot');
  const disks = await vcenter.disks.freeze(vm, id);
  await vcenter.disks.applyTracking(vm);
  const snapshot: SnapshotRow = {
    id,
    number: (vm.snapshotCount += 1),
    ...wish,
    createdAt: new Date().toISOString(),
    isTrackingEnabled: vm.isTrackingEnabled,
    powerState: vm.powerState,
    parent: vm.currentSnapshot,
    disks,
  };
  vm.snapshots.push(snapshot);
  vm.currentSnapshot = id;
  vm.deltaCount += 1;
  for (const disk of vm.disks) disk.fileName = deltaOf(disk.fileName, vm.deltaCount);
  vcenter.saveVm(vm);
  return snapshot;
}

/** `[ds] web/web_1.vmdk` as `[ds] web/web_1-000003.vmdk`. */
const deltaOf = (fileName: string, count: number): string =>
  fileName.replace(/(-\d{6})?\.vmdk$/, `-${String(count).padStart(6, '0')}.vmdk`);

export interface Removal {
  readonly snapshots: readonly SnapshotRow[];
  /** By fault: they leave the tree, and their files stay. */
  readonly isConsolidationLeft: boolean;
}

/** Children take the place of what is removed. */
export async function removeSnapshots(vcenter: Vcenter, vm: VmRow, removal: Removal): Promise<void> {
  for (const snapshot of removal.snapshots) takeOutOfTree(vm, snapshot, removal.isConsolidationLeft);
  if (removal.isConsolidationLeft) vm.isConsolidationNeeded = true;
  await vcenter.disks.applyTracking(vm);
  vcenter.saveVm(vm);
  for (const snapshot of removal.snapshots) await vcenter.disks.thaw(snapshot.id);
}

function takeOutOfTree(vm: VmRow, snapshot: SnapshotRow, areFilesLeft: boolean): void {
  vm.snapshots = vm.snapshots.filter((row) => row !== snapshot);
  const children = vm.snapshots.filter((row) => row.parent === snapshot.id);
  for (const child of children) child.parent = snapshot.parent;
  if (vm.currentSnapshot === snapshot.id) {
    vm.currentSnapshot = snapshot.parent;
    if (!areFilesLeft) takeFiles(vm.disks, snapshot);
  }
  if (!areFilesLeft) for (const child of children) takeFiles(child.disks, snapshot);
}

/** What was written since is merged into the files of the snapshot. */
function takeFiles(disks: readonly DiskRow[], snapshot: SnapshotRow): void {
  for (const disk of disks) {
    const then = snapshot.disks.find((row) => row.backingUuid === disk.backingUuid);
    if (then !== undefined) disk.fileName = then.fileName;
  }
}

export async function consolidate(vcenter: Vcenter, vm: VmRow): Promise<void> {
  vm.isConsolidationNeeded = false;
  if (vm.snapshots.length === 0) {
    for (const disk of vm.disks) disk.fileName = disk.fileName.replace(/-\d{6}\.vmdk$/, '.vmdk');
  }
  await vcenter.disks.applyTracking(vm);
  vcenter.saveVm(vm);
}

/** The VM is as it was, and off: the snapshot has no memory. */
export async function revertTo(vcenter: Vcenter, vm: VmRow, snapshot: SnapshotRow): Promise<void> {
  await vcenter.disks.revert(vm, { snapshot: snapshot.id, disks: snapshot.disks });
  vm.currentSnapshot = snapshot.id;
  setPower(vm, 'poweredOff');
  vm.isTrackingEnabled = snapshot.isTrackingEnabled;
  vm.deltaCount += 1;
  for (const disk of vm.disks) disk.fileName = deltaOf(disk.fileName, vm.deltaCount);
  await vcenter.disks.applyTracking(vm);
  vcenter.saveVm(vm);
  vcenter.record({
    type: 'EventEx',
    typeId: 'com.vmware.vc.vm.VmStateRevertedToSnapshot',
    vm: vm.id,
    message: `The execution state of the virtual machine ${vm.name} has been reverted to the state of snapshot ${snapshot.name}`,
    descriptionId: null,
    username: 'somebody@vsphere.local',
  });
}

export function snapshotOf(vm: VmRow, id: string): SnapshotRow {
  const snapshot = vm.snapshots.find((row) => row.id === id);
  if (snapshot === undefined) throw objectNotFound({ type: 'VirtualMachineSnapshot', id });
  return snapshot;
}

export const descendants = (vm: VmRow, of: SnapshotRow): SnapshotRow[] =>
  vm.snapshots.filter((row) => row.parent === of.id).flatMap((child) => [child, ...descendants(vm, child)]);
