import type { AsyncCommand, Command, CommandContext } from '../command.ts';
import { isTrue, parameter, requiredRow } from '../command.ts';
import { filtered, listAnswer } from '../list.ts';
import { presentVm } from '../present.ts';
import { badParameter } from '../refusal.ts';
import { checkStart, checkStop } from '../vm-rules.ts';
import { volumesOf } from '../volume-rules.ts';
import type { VmRow, World } from '../world.ts';
import { powerOn } from './power.ts';

/** Power of VMs. An appliance that is off sees no disks. */

export const presentOf = (context: CommandContext, vm: VmRow): Record<string, unknown> => ({
  virtualmachine: presentVm(context.world, vm),
});

/** The row that a job works on; it may have gone since the job was accepted. */
export function vmById(world: World, vmId: string): VmRow {
  const vm = world.vms.find((row) => row.id === vmId);
  if (vm === undefined) throw badParameter(`unable to find a virtual machine with id ${vmId}`);
  return vm;
}

export const acceptVm = (context: CommandContext): { instanceType: 'VirtualMachine'; instanceId: string } => ({
  instanceType: 'VirtualMachine',
  instanceId: requiredRow(context, 'id', context.world.vms).id,
});

const startVirtualMachine: AsyncCommand = {
  kind: 'async',
  describe: 'Starts a VM',
  accept: acceptVm,
  stages: [
    ({ world }, vmId) => {
      const vm = vmById(world, vmId);
      checkStart(world, vm);
      vm.state = 'Starting';
    },
  ],
  async perform(context, vmId) {
    const { world, devices } = context;
    const vm = vmById(world, vmId);
    await powerOn(context, vm);
    return {
      result: presentOf(context, vm),
      afterSave: () => {
        for (const volume of volumesOf(world, vm)) devices.plug(world, volume);
      },
    };
  },
  undo({ world }, vmId) {
    const vm = world.vms.find((row) => row.id === vmId);
    if (vm?.state === 'Starting') vm.state = 'Stopped';
  },
};

const stopVirtualMachine: AsyncCommand = {
  kind: 'async',
  describe: 'Stops a VM; forced pulls the plug',
  accept: acceptVm,
  stages: [
    ({ world }, vmId) => {
      const vm = vmById(world, vmId);
      checkStop(vm);
      if (vm.state === 'Running') vm.state = 'Stopping';
    },
  ],
  async perform(context, vmId) {
    const { world, devices, hypervisor } = context;
    const vm = vmById(world, vmId);
    await hypervisor.stop(vmId, { forced: isTrue(context, 'forced') });
    for (const volume of volumesOf(world, vm)) devices.unplug(world, volume.id);
    vm.state = 'Stopped';
    return { result: presentOf(context, vm) };
  },
  undo({ world }, vmId) {
    const vm = world.vms.find((row) => row.id === vmId);
    if (vm?.state === 'Stopping') vm.state = 'Running';
  },
};

const listVirtualMachines: Command = {
  kind: 'sync',
  describe: 'Lists VMs',
  run(context) {
    const state = parameter(context, 'state');
    // allow.user.view.destroyed.vm is off.
    const seen = (vm: VmRow): boolean => context.account.type === 1 || vm.state !== 'Destroyed';
    const vms = filtered(context, context.world.vms).filter(
      (vm) => seen(vm) && (state === undefined || vm.state === state),
    );
    return listAnswer(
      context,
      'virtualmachine',
      vms.map((vm) => presentVm(context.world, vm)),
    );
  },
};

export const vmCommands: Readonly<Record<string, Command>> = {
  startVirtualMachine,
  stopVirtualMachine,
  listVirtualMachines,
};
