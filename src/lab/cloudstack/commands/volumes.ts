import { GiB } from '../../../base/units.ts';
import type { AsyncCommand, Command, CommandContext } from '../command.ts';
import { integer, isTrue, parameter, required, requiredRow, rowOf } from '../command.ts';
import { filtered, listAnswer } from '../list.ts';
import { presentVolume } from '../present.ts';
import { badParameter, internalError } from '../refusal.ts';
import { checkAttach, checkDetach, checkResize, chooseDeviceId, getsStorage, type Attaching } from '../volume-rules.ts';
import type { VolumeRow } from '../world.ts';

export const presentOf = (context: CommandContext, volume: VolumeRow): Record<string, unknown> => ({
  volume: presentVolume(context.world, volume),
});

/** The row that a job works on; it may have been deleted since the job was accepted. */
export function volumeById(context: CommandContext, volumeId: string): VolumeRow {
  const volume = context.world.volumes.find((row) => row.id === volumeId);
  if (volume === undefined) throw badParameter(`Unable to find volume with ID: ${volumeId}`);
  return volume;
}

/** Guests of the lab get their disks when they are powered on, and keep them. @throws Refusal */
function checkNoGuest({ hypervisor }: CommandContext, vmId: string | null): void {
  if (vmId === null || !hypervisor.runs(vmId)) return;
  throw internalError(`The lab changes no disks of a guest that runs; stop VM ${vmId} first`);
}

const attachVolume: AsyncCommand = {
  kind: 'async',
  describe: 'Attaches a disk volume to a VM',
  accept(context) {
    const volume = requiredRow(context, 'id', context.world.volumes);
    requiredRow(context, 'virtualmachineid', context.world.vms);
    integer(context, 'deviceid');
    return { instanceType: 'Volume', instanceId: volume.id };
  },
  perform(context, volumeId) {
    const { world, storage, devices } = context;
    const volume = volumeById(context, volumeId);
    const vmId = required(context, 'virtualmachineid');
    const vm = world.vms.find((row) => row.id === vmId);
    if (vm === undefined) throw badParameter('Please specify a valid User VM.');
    const attaching: Attaching = { volume, vm, deviceId: integer(context, 'deviceid') };
    checkAttach(world, attaching);
    checkNoGuest(context, vm.id);
    const deviceId = chooseDeviceId(world, attaching);
    if (getsStorage(world, attaching)) {
      storage.create(volume);
      volume.state = 'Ready';
    }
    volume.vmId = vm.id;
    volume.deviceId = deviceId;
    volume.type = deviceId === 0 ? 'ROOT' : 'DATADISK';
    volume.attachedAt = new Date(context.nowMs).toISOString();
    return {
      result: presentOf(context, volume),
      afterSave: () => devices.plug(world, volume),
    };
  },
};

const detachVolume: AsyncCommand = {
  kind: 'async',
  describe: 'Detaches a disk volume from its VM',
  accept(context) {
    const volume = findDetachable(context);
    return { instanceType: 'Volume', instanceId: volume.id };
  },
  perform(context, volumeId) {
    const volume = volumeById(context, volumeId);
    checkDetach(context.world, volume);
    checkNoGuest(context, volume.vmId);
    // The guest loses the disk before the books say so.
    context.devices.unplug(context.world, volume.id);
    volume.vmId = null;
    volume.deviceId = null;
    volume.attachedAt = null;
    volume.type = 'DATADISK';
    return { result: presentOf(context, volume) };
  },
};

/** Named by its id, or by its place at a VM. */
function findDetachable(context: CommandContext): VolumeRow {
  const { volumes, vms } = context.world;
  const volume = rowOf(context, 'id', volumes);
  const vm = rowOf(context, 'virtualmachineid', vms);
  const deviceId = integer(context, 'deviceid');
  if (volume !== undefined && vm === undefined && deviceId === undefined) return volume;
  if (volume !== undefined || vm === undefined || deviceId === undefined) {
    throw badParameter('Please provide either a volume id, or a tuple(device id, instance id)');
  }
  const atPlace = volumes.find((row) => row.vmId === vm.id && row.deviceId === deviceId);
  if (atPlace === undefined) throw badParameter('The specified volume is not attached to a VM.');
  return atPlace;
}

const resizeVolume: AsyncCommand = {
  kind: 'async',
  describe: 'Resizes a volume; size in GiB',
  accept(context) {
    const volume = requiredRow(context, 'id', context.world.volumes);
    integer(context, 'size');
    return { instanceType: 'Volume', instanceId: volume.id };
  },
  perform(context, volumeId) {
    const volume = volumeById(context, volumeId);
    const sizeBytes = (integer(context, 'size') ?? 0) * GiB;
    if (sizeBytes <= 0) throw badParameter('Disk size must be larger than 0');
    checkResize(context.world, { volume, sizeBytes, shrinkOk: isTrue(context, 'shrinkok') });
    checkNoGuest(context, volume.vmId);
    if (volume.state === 'Ready') {
      context.storage.resize(volume.id, sizeBytes);
      context.devices.resized(volume.id);
    }
    volume.sizeBytes = sizeBytes;
    return { result: presentOf(context, volume) };
  },
};

const listVolumes: Command = {
  kind: 'sync',
  describe: 'Lists volumes',
  run(context) {
    const { world } = context;
    const vmId = parameter(context, 'virtualmachineid');
    const type = parameter(context, 'type');
    const state = parameter(context, 'state');
    const volumes = filtered(context, world.volumes).filter(
      (volume) =>
        // allow.user.expunge.recover.volume is off.
        (context.account.type === 1 || volume.state !== 'Destroy') &&
        (vmId === undefined || volume.vmId === vmId) &&
        (type === undefined || volume.type === type) &&
        (state === undefined || volume.state === state),
    );
    return listAnswer(
      context,
      'volume',
      volumes.map((volume) => presentVolume(world, volume)),
    );
  },
};

export const volumeCommands: Readonly<Record<string, Command>> = {
  attachVolume,
  detachVolume,
  resizeVolume,
  listVolumes,
};
