import { badParameter, internalError } from './refusal.ts';
import { volumesOf } from './volume-rules.ts';
import type { VmRow, VolumeRow, World } from './world.ts';

/**
 * When a VM may be made, started, stopped and ended, in the words of the management server.
 * Sources: UserVmManagerImpl, DeploymentPlanningManagerImpl, DeployVMCmd (apache/cloudstack). Pure.
 */

/** @throws Refusal for what is no host name, or one that another VM of these networks has. */
export function checkName(world: World, name: string, networkIds: readonly string[]): void {
  if (!/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(name)) {
    throw badParameter(
      "Invalid name. Vm name can contain ASCII letters 'a' through 'z', the digits '0' through '9', and the hyphen ('-'), " +
        `must be between 1 and 63 characters long, and can't start or end with "-" and can't start with digit`,
    );
  }
  for (const network of world.networks.filter((row) => networkIds.includes(row.id) && row.type !== 'L2')) {
    const isTaken = world.vms.some(
      (vm) =>
        vm.name.toLowerCase() === name.toLowerCase() &&
        vm.state !== 'Destroyed' &&
        vm.nics.some((nic) => nic.networkId === network.id),
    );
    if (isTaken) {
      throw badParameter(
        `The vm with hostName ${name} already exists in the network domain: cs2cloud.internal; network=${network.name}`,
      );
    }
  }
}

const CUSTOM = ['cpuNumber', 'cpuSpeed', 'memory'] as const;

/** A customized offering needs its numbers. @throws Refusal */
export function checkCustom(
  offering: World['serviceOfferings'][number],
  details: Readonly<Record<string, string>>,
): void {
  if (!offering.customized) return;
  if (CUSTOM.every((name) => /^[1-9]\d{0,8}$/.test(details[name] ?? ''))) return;
  throw badParameter('Need to specify custom parameter values cpu, cpu speed and memory when using custom offering');
}

/** Firmware of a new VM. @throws Refusal */
export function bootOf(
  name: string,
  asked: { readonly type: string | undefined; readonly mode: string | undefined },
): Pick<VmRow, 'bootType' | 'bootMode'> {
  const type = asked.type?.toUpperCase() ?? 'BIOS';
  const mode = asked.mode?.toUpperCase();
  if (type !== 'BIOS' && type !== 'UEFI') {
    throw badParameter(`Invalid bootType ${type} specified for vm ${name} Valid values are: [UEFI, BIOS]`);
  }
  if (mode !== undefined && mode !== 'LEGACY' && mode !== 'SECURE') {
    throw badParameter(`Invalid bootMode ${mode} specified for vm ${name} Valid values are:  [LEGACY, SECURE]`);
  }
  if (type === 'UEFI' && mode === undefined) {
    throw badParameter('bootMode must be specified for the selected boot type: UEFI');
  }
  return { bootType: type, bootMode: mode ?? 'LEGACY' };
}

/** @throws Refusal when the VM may not be started. */
export function checkStart(world: World, vm: VmRow): void {
  if (vm.state === 'Running') {
    throw badParameter(`The virtual machine ${vm.id} (${vm.name}) is already running`);
  }
  if (vm.state !== 'Stopped') {
    throw internalError(`Unable to start a VM [${vm.id}] that is in state ${vm.state}`);
  }
  const volumes = volumesOf(world, vm);
  if (volumes.length === 0) {
    throw internalError('Unable to create deployment, no usable volumes found for the VM');
  }
  if (!volumes.some((volume) => volume.type === 'ROOT')) {
    throw internalError('Unable to prepare volumes for vm as ROOT volume is missing');
  }
}

/** @throws Refusal when the VM may not be stopped; one that is stopped already may. */
export function checkStop(vm: VmRow): void {
  if (vm.state === 'Running' || vm.state === 'Stopped') return;
  throw internalError(`Unable to stop vm ${vm.id} that is in state ${vm.state}`);
}

/** The volumes that go together with the VM. @throws Refusal when one is not a data volume of it */
export function volumesToGo(world: World, vm: VmRow, volumeIds: readonly string[]): VolumeRow[] {
  const attached = volumesOf(world, vm);
  return volumeIds.map((volumeId) => {
    const volume = attached.find((row) => row.id === volumeId);
    if (volume === undefined) {
      throw badParameter(`The following supplied volumes are not attached to the VM: ${volumeId}`);
    }
    if (volume.type === 'ROOT') throw badParameter(`Please specify volume of type DATADISK: ${volumeId}`);
    return volume;
  });
}

/** @throws Refusal */
export function checkDestroy(vm: VmRow, expunge: boolean): void {
  if (vm.state === 'Running' || vm.state === 'Stopped' || vm.state === 'Error') return;
  if (vm.state === 'Destroyed' && expunge) return;
  throw internalError(`Unable to destroy vm ${vm.id} that is in state ${vm.state}`);
}
