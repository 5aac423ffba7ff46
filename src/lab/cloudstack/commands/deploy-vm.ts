import { randomUUID } from 'node:crypto';
import { GiB } from '../../../base/units.ts';
import type { AsyncCommand, CommandContext } from '../command.ts';
import { customIdOf, integer, isTrue, parameter, requiredRow } from '../command.ts';
import { nextVmNumber } from '../first-world.ts';
import { arrayOf, newNics } from '../nics.ts';
import { badParameter } from '../refusal.ts';
import { bootOf, checkCustom, checkName, checkStart } from '../vm-rules.ts';
import type { VmRow, VolumeRow, World } from '../world.ts';
import { powerOn } from './power.ts';
import { presentOf, vmById } from './vms.ts';

/** A new VM is there, Stopped, as soon as the call is accepted; the job starts it. */

export const deployVirtualMachine: AsyncCommand = {
  kind: 'async',
  describe: 'Makes a VM from a template, and starts it unless startvm is false',
  accept(context) {
    const { world } = context;
    const vm = newVm(context);
    world.vms.push(vm);
    world.volumes.push(newRoot(context, vm));
    return { instanceType: 'VirtualMachine', instanceId: vm.id, isNew: true };
  },
  stages: [
    (context, vmId) => {
      if (isStarted(context)) vmById(context.world, vmId).state = 'Starting';
    },
  ],
  async perform(context, vmId) {
    const { world } = context;
    const vm = vmById(world, vmId);
    if (isStarted(context)) {
      checkStart(world, { ...vm, state: 'Stopped' });
      await powerOn(context, vm);
    }
    return { result: presentOf(context, vm) };
  },
  undo(context, vmId) {
    const vm = context.world.vms.find((row) => row.id === vmId);
    if (vm !== undefined && isStarted(context)) vm.state = 'Error';
  },
};

const isStarted = (context: CommandContext): boolean =>
  parameter(context, 'startvm') === undefined || isTrue(context, 'startvm');

function newVm(context: CommandContext): VmRow {
  const { world } = context;
  const zone = requiredRow(context, 'zoneid', world.zones);
  const offering = requiredRow(context, 'serviceofferingid', world.serviceOfferings);
  const template = usableTemplate(context, zone.id);
  const details = Object.fromEntries(arrayOf(context, 'details').flatMap((item) => Object.entries(item)));
  checkCustom(offering, details);
  const nics = newNics(context, zone.id);
  const id = customIdOf(context, world.vms) ?? randomUUID();
  const name = parameter(context, 'name') ?? `VM-${id}`;
  checkName(
    world,
    name,
    nics.map((nic) => nic.networkId),
  );
  return {
    id,
    number: nextVmNumber(world),
    name,
    displayName: parameter(context, 'displayname') ?? name,
    state: 'Stopped',
    zoneId: zone.id,
    serviceOfferingId: offering.id,
    templateId: template.id,
    account: context.account.name,
    createdAt: new Date(context.nowMs).toISOString(),
    nics,
    details,
    ...bootOf(name, { type: parameter(context, 'boottype'), mode: parameter(context, 'bootmode') }),
  };
}

function usableTemplate(context: CommandContext, zoneId: string): World['templates'][number] {
  const template = requiredRow(context, 'templateid', context.world.templates);
  if (template.ready && template.zoneId === zoneId) return template;
  throw badParameter(`The template ${template.id} is not available for use`);
}

/** It gets its storage when the VM is started, or when another volume comes to the VM. */
function newRoot(context: CommandContext, vm: VmRow): VolumeRow {
  const template = context.world.templates.find((row) => row.id === vm.templateId);
  const smallest = template?.sizeBytes ?? GiB;
  const sizeBytes = (integer(context, 'rootdisksize') ?? 0) * GiB || smallest;
  if (sizeBytes < smallest) {
    throw badParameter(
      `Unsupported: rootdisksize override (${sizeBytes / GiB} GB) is smaller than template size ${smallest / GiB} GB`,
    );
  }
  return {
    id: randomUUID(),
    name: `ROOT-${vm.number}`,
    type: 'ROOT',
    state: 'Allocated',
    sizeBytes,
    zoneId: vm.zoneId,
    diskOfferingId: null,
    account: vm.account,
    vmId: vm.id,
    deviceId: 0,
    createdAt: vm.createdAt,
    attachedAt: vm.createdAt,
    templateId: vm.templateId,
    snapshotId: null,
  };
}
