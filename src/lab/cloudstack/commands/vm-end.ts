import type { AsyncCommand, Command, CommandContext } from '../command.ts';
import { isTrue, parameter, requiredRow } from '../command.ts';
import { badParameter, notForUsers } from '../refusal.ts';
import { checkDestroy, volumesToGo } from '../vm-rules.ts';
import { volumesOf } from '../volume-rules.ts';
import type { VmRow, VolumeRow } from '../world.ts';
import { acceptVm, presentOf, vmById } from './vms.ts';
import { dropVmSnapshot } from './vm-snapshots.ts';

/**
 * The end of VMs. One that is destroyed keeps its root disk until it is expunged, which deletes it, whatever it is; its
 * data volumes are detached at once, unless they are named to go with it. Source: UserVmManagerImpl.destroyVm.
 */

const isExpunged = (context: CommandContext): boolean => isTrue(context, 'expunge');

function mayExpunge(context: CommandContext): void {
  if (context.account.type === 1 || !isExpunged(context)) return;
  throw notForUsers(
    'Parameter expunge can be passed by Admin only. Or when the allow.user.expunge.recover.vm key is set.',
  );
}

function namedVolumes(context: CommandContext, vm: VmRow): VolumeRow[] {
  const ids = parameter(context, 'volumeids')?.split(',') ?? [];
  return volumesToGo(context.world, vm, ids);
}

const destroyVirtualMachine: AsyncCommand = {
  kind: 'async',
  describe: 'Destroys a VM',
  accept(context) {
    mayExpunge(context);
    return acceptVm(context);
  },
  stages: [
    (context, vmId) => {
      const vm = vmById(context.world, vmId);
      checkDestroy(vm, isExpunged(context));
      namedVolumes(context, vm);
      if (vm.state === 'Running') vm.state = 'Stopping';
    },
  ],
  async perform(context, vmId) {
    const { world, devices, hypervisor } = context;
    await hypervisor.stop(vmId, { forced: true });
    const vm = vmById(world, vmId);
    const going = namedVolumes(context, vm);
    for (const volume of volumesOf(world, vm)) {
      devices.unplug(world, volume.id);
      if (volume.type === 'DATADISK') detach(volume);
    }
    vm.state = 'Destroyed';
    const result = presentOf(context, vm);
    const isForGood = isExpunged(context);
    const ends = going.map((volume) => dropVolume(context, volume, isForGood));
    if (isForGood) ends.push(expunge(context, vm));
    return { result, afterSave: () => ends.forEach((end) => end()) };
  },
  undo({ world }, vmId) {
    const vm = world.vms.find((row) => row.id === vmId);
    if (vm?.state === 'Stopping') vm.state = 'Running';
  },
};

function detach(volume: VolumeRow): void {
  volume.vmId = null;
  volume.deviceId = null;
  volume.attachedAt = null;
}

/** Takes the row away, or marks it; what it returns takes the bytes away. */
export function dropVolume({ world, storage }: CommandContext, volume: VolumeRow, isForGood: boolean): () => void {
  if (!isForGood && volume.state !== 'Allocated') {
    volume.state = 'Destroy';
    return () => undefined;
  }
  world.volumes = world.volumes.filter((row) => row !== volume);
  return () => storage.remove(volume.id);
}

/** The VM, its snapshots and its root disk are no more. */
function expunge(context: CommandContext, vm: VmRow): () => void {
  const { world, hypervisor } = context;
  const snapshots = world.vmSnapshots.filter((row) => row.vmId === vm.id);
  const ends = snapshots.map((row) => dropVmSnapshot(context, row.id));
  for (const volume of volumesOf(world, vm)) ends.push(dropVolume(context, volume, true));
  world.vms = world.vms.filter((row) => row !== vm);
  return () => {
    for (const end of ends) end();
    hypervisor.keepOnly(new Set(world.vms.map((row) => row.id)));
  };
}

const expungeVirtualMachine: AsyncCommand = {
  kind: 'async',
  forAdmins: true,
  describe: 'Ends a VM that was destroyed',
  accept: acceptVm,
  perform(context, vmId) {
    const vm = vmById(context.world, vmId);
    if (vm.state !== 'Destroyed' && vm.state !== 'Error') {
      throw badParameter('Please destroy vm with specified vmId before expunge');
    }
    return { result: { success: true }, afterSave: expunge(context, vm) };
  },
};

const recoverVirtualMachine: Command = {
  kind: 'sync',
  forAdmins: true,
  describe: 'Takes the destruction of a VM back',
  run(context) {
    const vm = requiredRow(context, 'id', context.world.vms);
    if (vm.state !== 'Destroyed') {
      throw badParameter(`Unable to recover vm ${vm.id}: it is in state ${vm.state}, not Destroyed`);
    }
    vm.state = 'Stopped';
    return { result: presentOf(context, vm) };
  },
};

export const vmEndCommands: Readonly<Record<string, Command>> = {
  destroyVirtualMachine,
  expungeVirtualMachine,
  recoverVirtualMachine,
};
