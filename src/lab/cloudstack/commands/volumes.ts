import { randomUUID } from 'node:crypto';
import { GiB } from '../../../base/units.ts';
import type { AsyncCommand, Command, CommandContext } from '../command.ts';
import { integer, parameter, required, requiredRow, rowOf } from '../command.ts';
import { filtered, listAnswer } from '../list.ts';
import { presentVolume } from '../present.ts';
import { badParameter, noPermission } from '../refusal.ts';
import { isPlugged } from '../storage.ts';
import {
  checkAttach,
  checkDelete,
  checkDetach,
  checkResize,
  chooseDeviceId,
  getsStorage,
  type Attaching,
} from '../volume-rules.ts';
import type { VolumeRow } from '../world.ts';

/** custom.diskoffering.size.min and .max, GiB. */
const CUSTOM_SIZE_GIB = { min: 1, max: 1024 };

const present = (context: CommandContext, volume: VolumeRow): Record<string, unknown> => ({
  volume: presentVolume(context.world, volume),
});

/** The row that a job works on; it may have been deleted since the job was accepted. */
function volumeById(context: CommandContext, volumeId: string): VolumeRow {
  const volume = context.world.volumes.find((row) => row.id === volumeId);
  if (volume === undefined) throw badParameter(`Unable to find volume with ID: ${volumeId}`);
  return volume;
}

const createVolume: AsyncCommand = {
  kind: 'async',
  describe: 'Creates a disk volume; it gets storage when it is first attached',
  accept(context) {
    const { world } = context;
    const zone = requiredRow(context, 'zoneid', world.zones);
    const customId = parameter(context, 'customid');
    if (customId !== undefined && context.account.type !== 1) throw noPermission(context.account.id, 'customid');
    if (world.volumes.some((row) => row.id === customId)) {
      throw badParameter(`The uuid ${customId ?? ''} is used by another volume`);
    }
    const { offeringId, sizeBytes } = offeringAndSize(context);
    const id = customId ?? randomUUID();
    world.volumes.push({
      id,
      name: parameter(context, 'name') ?? `volume-${id.slice(0, 8)}`,
      type: 'DATADISK',
      state: 'Allocated',
      sizeBytes,
      zoneId: zone.id,
      diskOfferingId: offeringId,
      account: context.account.name,
      vmId: null,
      deviceId: null,
      createdAt: new Date(context.nowMs).toISOString(),
      attachedAt: null,
    });
    return { instanceType: 'Volume', instanceId: id, isNew: true };
  },
  perform: (context, volumeId) => ({ result: present(context, volumeById(context, volumeId)) }),
};

function offeringAndSize(context: CommandContext): { offeringId: string; sizeBytes: number } {
  const offering = rowOf(context, 'diskofferingid', context.world.diskOfferings);
  if (offering === undefined) {
    throw badParameter('At least one of disk Offering ID or snapshot ID must be passed whilst creating volume');
  }
  const sizeGiB = integer(context, 'size');
  if (sizeGiB !== undefined && sizeGiB <= 0) throw badParameter('Disk size must be larger than 0');
  if (!offering.customized) {
    if (sizeGiB !== undefined) throw badParameter('This disk offering does not allow custom size');
    return { offeringId: offering.id, sizeBytes: offering.diskSizeGiB * GiB };
  }
  if (sizeGiB === undefined) throw badParameter('This disk offering requires a custom size specified');
  const { min, max } = CUSTOM_SIZE_GIB;
  if (sizeGiB < min || sizeGiB > max) {
    throw badParameter(`Volume size: ${sizeGiB} GB is out of allowed range. Min: ${min}. Max: ${max}`);
  }
  return { offeringId: offering.id, sizeBytes: sizeGiB * GiB };
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
    const { world, storage } = context;
    const volume = volumeById(context, volumeId);
    const vmId = required(context, 'virtualmachineid');
    const vm = world.vms.find((row) => row.id === vmId);
    if (vm === undefined) throw badParameter('Please specify a valid User VM.');
    const attaching: Attaching = { volume, vm, deviceId: integer(context, 'deviceid') };
    checkAttach(world, attaching);
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
      result: present(context, volume),
      afterSave: () => {
        if (isPlugged(world, volume)) storage.plug(volume.id);
      },
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
    // The guest loses the disk before the books say so.
    context.storage.unplug(volume.id);
    volume.vmId = null;
    volume.deviceId = null;
    volume.attachedAt = null;
    volume.type = 'DATADISK';
    return { result: present(context, volume) };
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

const deleteVolume: Command = {
  kind: 'sync',
  describe: 'Deletes a detached disk volume',
  run(context) {
    const { world, storage } = context;
    const volume = requiredRow(context, 'id', world.volumes);
    checkDelete(volume);
    world.volumes = world.volumes.filter((row) => row.id !== volume.id);
    return { result: { success: true }, afterSave: () => storage.remove(volume.id) };
  },
};

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
    checkResize(context.world, { volume, sizeBytes, shrinkOk: parameter(context, 'shrinkok') === 'true' });
    if (volume.state === 'Ready') context.storage.resize(volume.id, sizeBytes);
    volume.sizeBytes = sizeBytes;
    return { result: present(context, volume) };
  },
};

const listVolumes: Command = {
  kind: 'sync',
  describe: 'Lists volumes',
  run(context) {
    const { world } = context;
    // Unlike in most lists, an id that does not exist is an error here.
    rowOf(context, 'id', world.volumes);
    const vmId = parameter(context, 'virtualmachineid');
    const type = parameter(context, 'type');
    const state = parameter(context, 'state');
    const volumes = filtered(context, world.volumes).filter(
      (volume) =>
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
  createVolume,
  attachVolume,
  detachVolume,
  deleteVolume,
  resizeVolume,
  listVolumes,
};
