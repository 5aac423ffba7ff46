import { randomUUID } from 'node:crypto';
import type { AsyncCommand, Command, CommandContext } from '../command.ts';
import { isTrue, parameter, requiredRow } from '../command.ts';
import { filtered, listAnswer } from '../list.ts';
import { presentSnapshot } from '../present-snapshots.ts';
import { badParameter } from '../refusal.ts';
import { checkDeleteSnapshot, checkRevert, checkSnapshotable, checkTaking } from '../snapshot-rules.ts';
import type { SnapshotRow, VolumeRow, World } from '../world.ts';

/** Snapshots of volumes: whole copies, as on KVM, where they go to secondary storage. */

const present = (context: CommandContext, snapshot: SnapshotRow): Record<string, unknown> => ({
  snapshot: presentSnapshot(context.world, snapshot),
});

function snapshotById(world: World, snapshotId: string): SnapshotRow {
  const snapshot = world.snapshots.find((row) => row.id === snapshotId);
  if (snapshot === undefined) throw badParameter('No such snapshot');
  return snapshot;
}

function volumeOf(world: World, snapshot: SnapshotRow): VolumeRow {
  const volume = world.volumes.find((row) => row.id === snapshot.volumeId);
  if (volume === undefined) {
    throw badParameter(`Creating snapshot failed due to volume:${snapshot.volumeId} doesn't exist`);
  }
  return volume;
}

/** Nobody works on the volume any more. */
function release(world: World, { volumeId }: SnapshotRow): void {
  const volume = world.volumes.find((row) => row.id === volumeId);
  if (volume?.state === 'Snapshotting' || volume?.state === 'RevertSnapshotting') volume.state = 'Ready';
}

const createSnapshot: AsyncCommand = {
  kind: 'async',
  describe: 'Takes a snapshot of a volume',
  accept(context) {
    const { world } = context;
    const volume = requiredRow(context, 'volumeid', world.volumes);
    checkSnapshotable(volume);
    const createdAt = new Date(context.nowMs).toISOString();
    const id = randomUUID();
    world.snapshots.push({
      id,
      name: parameter(context, 'name') ?? `${volume.name}_${createdAt.slice(0, 19).replace(/\D/g, '')}`,
      volumeId: volume.id,
      volumeName: volume.name,
      volumeType: volume.type,
      zoneId: volume.zoneId,
      sizeBytes: volume.sizeBytes,
      state: 'Allocated',
      account: volume.account,
      createdAt,
    });
    return { instanceType: 'Snapshot', instanceId: id, isNew: true };
  },
  stages: [
    (context, snapshotId) => {
      const snapshot = snapshotById(context.world, snapshotId);
      const volume = volumeOf(context.world, snapshot);
      checkTaking(context.world, volume, isTrue(context, 'quiescevm'));
      snapshot.state = 'Creating';
      volume.state = 'Snapshotting';
    },
    ({ world }, snapshotId) => {
      snapshotById(world, snapshotId).state = 'BackingUp';
    },
  ],
  async perform(context, snapshotId) {
    const { world, storage, devices } = context;
    const { volumeId } = snapshotById(world, snapshotId);
    devices.flush(volumeId);
    await storage.takeSnapshot(volumeId, snapshotId);
    const snapshot = snapshotById(world, snapshotId);
    snapshot.state = 'BackedUp';
    snapshot.sizeBytes = volumeOf(world, snapshot).sizeBytes;
    release(world, snapshot);
    return { result: present(context, snapshot) };
  },
  undo({ world, storage }, snapshotId) {
    const snapshot = snapshotById(world, snapshotId);
    // One that was refused at once has never touched the volume.
    if (snapshot.state !== 'Allocated') release(world, snapshot);
    snapshot.state = 'Error';
    storage.removeSnapshot(snapshotId);
  },
};

const revertSnapshot: AsyncCommand = {
  kind: 'async',
  describe: 'Sets a volume back to a snapshot',
  accept(context) {
    const snapshot = requiredRow(context, 'id', context.world.snapshots);
    return { instanceType: 'Snapshot', instanceId: snapshot.id };
  },
  stages: [
    ({ world }, snapshotId) => {
      checkRevert(world, snapshotById(world, snapshotId)).state = 'RevertSnapshotting';
    },
  ],
  async perform(context, snapshotId) {
    const { world, storage } = context;
    const { volumeId } = snapshotById(world, snapshotId);
    await storage.copyBack(snapshotId, volumeId);
    const snapshot = snapshotById(world, snapshotId);
    const volume = volumeOf(world, snapshot);
    storage.useCopy(volume.id);
    // A volume that has grown since becomes as small as it was.
    volume.sizeBytes = snapshot.sizeBytes;
    release(world, snapshot);
    return { result: present(context, snapshot) };
  },
  undo({ world }, snapshotId) {
    const snapshot = world.snapshots.find((row) => row.id === snapshotId);
    const volume = world.volumes.find((row) => row.id === snapshot?.volumeId);
    if (volume?.state === 'RevertSnapshotting') volume.state = 'Ready';
  },
};

const deleteSnapshot: AsyncCommand = {
  kind: 'async',
  describe: 'Deletes a snapshot',
  accept(context) {
    const snapshot = requiredRow(context, 'id', context.world.snapshots);
    return { instanceType: 'Snapshot', instanceId: snapshot.id };
  },
  perform({ world, storage }, snapshotId) {
    checkDeleteSnapshot(snapshotById(world, snapshotId));
    world.snapshots = world.snapshots.filter((row) => row.id !== snapshotId);
    return { result: { success: true }, afterSave: () => storage.removeSnapshot(snapshotId) };
  },
};

const listSnapshots: Command = {
  kind: 'sync',
  describe: 'Lists snapshots',
  run(context) {
    const { world } = context;
    const volumeId = parameter(context, 'volumeid');
    const snapshots = filtered(context, world.snapshots).filter(
      (row) => volumeId === undefined || row.volumeId === volumeId,
    );
    return listAnswer(
      context,
      'snapshot',
      snapshots.map((row) => presentSnapshot(world, row)),
    );
  },
};

export const snapshotCommands: Readonly<Record<string, Command>> = {
  createSnapshot,
  revertSnapshot,
  deleteSnapshot,
  listSnapshots,
};
