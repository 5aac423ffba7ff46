import { randomUUID } from 'node:crypto';
import type { AsyncCommand, Command, CommandContext } from '../command.ts';
import { isTrue, parameter, requiredRow } from '../command.ts';
import { filtered, listAnswer } from '../list.ts';
import { presentVm } from '../present.ts';
import { presentVmSnapshot } from '../present-snapshots.ts';
import { badParameter } from '../refusal.ts';
import { partOf } from '../storage.ts';
import { checkDeleteVmSnapshot, checkRevertVm, checkRoot, checkTakingVm } from '../vm-snapshot-rules.ts';
import { volumesOf } from '../volume-rules.ts';
import type { VmRow, VmSnapshotRow, VolumeRow, World } from '../world.ts';

/** Snapshots of VMs: the bytes of all volumes that the VM has. While there is one, its volumes stay where they are. */

function snapshotById(world: World, id: string): VmSnapshotRow {
  const snapshot = world.vmSnapshots.find((row) => row.id === id);
  if (snapshot === undefined) throw badParameter(`unable to find the vm snapshot with id ${id}`);
  return snapshot;
}

function vmOf(world: World, snapshot: VmSnapshotRow): VmRow {
  const vm = world.vms.find((row) => row.id === snapshot.vmId);
  if (vm === undefined) throw badParameter(`Create vm to snapshot failed due to vm: ${snapshot.vmId} is not found`);
  return vm;
}

const withBytes = (world: World, id: string): VolumeRow[] =>
  volumesOf(world, vmOf(world, snapshotById(world, id))).filter((volume) => volume.state !== 'Allocated');

const createVMSnapshot: AsyncCommand = {
  kind: 'async',
  describe: 'Takes a snapshot of a VM',
  accept(context) {
    const { world } = context;
    const vm = requiredRow(context, 'virtualmachineid', world.vms);
    const memory = isTrue(context, 'snapshotmemory');
    const displayName = parameter(context, 'name');
    checkTakingVm(world, { vm, displayName, memory });
    const createdAt = new Date(context.nowMs).toISOString();
    const id = randomUUID();
    const name = `i-2-${vm.number}-VM_VS_${createdAt.slice(0, 19).replace(/\D/g, '')}`;
    world.vmSnapshots.push({
      id,
      name,
      displayName: displayName ?? name,
      description: parameter(context, 'description') ?? null,
      vmId: vm.id,
      type: memory ? 'DiskAndMemory' : 'Disk',
      state: 'Allocated',
      current: false,
      parentId: world.vmSnapshots.find((row) => row.vmId === vm.id && row.current)?.id ?? null,
      account: vm.account,
      createdAt,
    });
    return { instanceType: 'VmSnapshot', instanceId: id, isNew: true };
  },
  stages: [
    ({ world }, id) => {
      const snapshot = snapshotById(world, id);
      checkRoot(world, vmOf(world, snapshot));
      snapshot.state = 'Creating';
    },
  ],
  async perform({ world, storage, devices }, id) {
    for (const volume of withBytes(world, id)) {
      devices.flush(volume.id);
      await storage.takeSnapshot(volume.id, partOf(id, volume.id));
    }
    const snapshot = snapshotById(world, id);
    snapshot.state = 'Ready';
    makeCurrent(world, snapshot);
    return { result: { vmsnapshot: presentVmSnapshot(world, snapshot) } };
  },
  undo({ world }, id) {
    snapshotById(world, id).state = 'Error';
  },
};

function makeCurrent(world: World, snapshot: VmSnapshotRow): void {
  for (const row of world.vmSnapshots) if (row.vmId === snapshot.vmId) row.current = row === snapshot;
}

const revertToVMSnapshot: AsyncCommand = {
  kind: 'async',
  describe: 'Sets a VM back to a snapshot',
  accept(context) {
    const snapshot = requiredRow(context, 'vmsnapshotid', context.world.vmSnapshots);
    return { instanceType: 'VmSnapshot', instanceId: snapshot.id };
  },
  stages: [
    ({ world }, id) => {
      const snapshot = snapshotById(world, id);
      checkRevertVm(world, snapshot, vmOf(world, snapshot));
      snapshot.state = 'Reverting';
    },
  ],
  async perform({ world, storage, devices }, id) {
    const volumes = withBytes(world, id);
    for (const volume of volumes) await storage.copyBack(partOf(id, volume.id), volume.id);
    for (const volume of volumes) {
      // The guest of before is no more, and its disks are others.
      devices.unplug(world, volume.id);
      storage.useCopy(volume.id);
    }
    const snapshot = snapshotById(world, id);
    snapshot.state = 'Ready';
    makeCurrent(world, snapshot);
    return {
      result: { virtualmachine: presentVm(world, vmOf(world, snapshot)) },
      afterSave: () => {
        for (const volume of volumes) devices.plug(world, volume);
      },
    };
  },
  undo({ world }, id) {
    const snapshot = world.vmSnapshots.find((row) => row.id === id);
    if (snapshot?.state === 'Reverting') snapshot.state = 'Ready';
  },
};

const deleteVMSnapshot: AsyncCommand = {
  kind: 'async',
  describe: 'Deletes a snapshot of a VM',
  accept(context) {
    const snapshot = requiredRow(context, 'vmsnapshotid', context.world.vmSnapshots);
    return { instanceType: 'VmSnapshot', instanceId: snapshot.id };
  },
  perform(context, id) {
    checkDeleteVmSnapshot(context.world, snapshotById(context.world, id));
    return { result: { success: true }, afterSave: dropVmSnapshot(context, id) };
  },
};

/** Takes the row away; what it returns takes the bytes away. */
export function dropVmSnapshot({ world, storage }: CommandContext, id: string): () => void {
  const gone = snapshotById(world, id);
  world.vmSnapshots = world.vmSnapshots.filter((row) => row !== gone);
  for (const row of world.vmSnapshots) {
    if (row.parentId === id) row.parentId = gone.parentId;
    if (gone.current && row.id === gone.parentId) row.current = true;
  }
  const volumeIds = world.volumes.map((volume) => volume.id);
  return () => {
    for (const volumeId of volumeIds) storage.removeSnapshot(partOf(id, volumeId));
  };
}

const listVMSnapshot: Command = {
  kind: 'sync',
  describe: 'Lists snapshots of VMs',
  run(context) {
    const { world } = context;
    const vmId = parameter(context, 'virtualmachineid');
    const asked = parameter(context, 'vmsnapshotid');
    const rows = filtered(context, world.vmSnapshots).filter(
      (row) => (vmId === undefined || row.vmId === vmId) && (asked === undefined || row.id === asked),
    );
    return listAnswer(
      context,
      'vmSnapshot',
      rows.map((row) => presentVmSnapshot(world, row)),
    );
  },
};

export const vmSnapshotCommands: Readonly<Record<string, Command>> = {
  createVMSnapshot,
  revertToVMSnapshot,
  deleteVMSnapshot,
  listVMSnapshot,
};
