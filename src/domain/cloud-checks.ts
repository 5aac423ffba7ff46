import { GiB } from '../base/units.ts';

/** Whether a CloudStack is fit for replication and failover, judged from what it shows. Pure. */

export type CheckStatus = 'pass' | 'warning' | 'fail' | 'skipped';

export interface Check {
  readonly status: CheckStatus;
  /** For people: what was found, and what to do about it. */
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface CloudChecks {
  readonly omaVmDetection: Check;
  readonly computeOffering: Check;
  readonly accountMatch: Check;
  readonly networkSelection: Check;
}

export type Overall = 'pass' | 'warning' | 'fail';

/** A check that could not be made leaves a doubt. */
export function overallOf(checks: CloudChecks): Overall {
  const statuses = Object.values(checks).map((check: Check) => check.status);
  if (statuses.includes('fail')) return 'fail';
  return statuses.some((status) => status !== 'pass') ? 'warning' : 'pass';
}

/** A VM of the cloud, as far as it is judged. */
export interface JudgedVm {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly account: string | undefined;
  readonly domainId?: string | undefined;
  readonly nics: readonly { readonly macAddress: string | undefined; readonly ipAddress: string | undefined }[];
}

/** Which VM of the cloud this appliance is. */
export type OmaVmFound<Vm extends JudgedVm> =
  | { readonly kind: 'one'; readonly vm: Vm; readonly macAddress: string; readonly ipAddress: string | undefined }
  | { readonly kind: 'several'; readonly vms: readonly Vm[] }
  | { readonly kind: 'none' };

/** A VM that is gone, or never came to be, keeps its NICs for a while. */
const NOT_THERE: ReadonlySet<string> = new Set(['Destroyed', 'Expunging', 'Error']);

/** By the network cards: a card of the appliance is a card of its VM. `ownMacs` as /sys tells them, in any case. */
export function findOmaVm<Vm extends JudgedVm>(vms: readonly Vm[], ownMacs: readonly string[]): OmaVmFound<Vm> {
  const own = new Set(ownMacs.map((mac) => mac.toLowerCase()).filter((mac) => mac !== '00:00:00:00:00:00'));
  const matches = vms
    .filter(({ state }) => !NOT_THERE.has(state))
    .flatMap((vm) => {
      const nic = vm.nics.find(({ macAddress }) => macAddress !== undefined && own.has(macAddress.toLowerCase()));
      return nic?.macAddress === undefined ? [] : [{ vm, macAddress: nic.macAddress, ipAddress: nic.ipAddress }];
    });
  const [only, ...others] = matches;
  if (only === undefined) return { kind: 'none' };
  return others.length === 0 ? { kind: 'one', ...only } : { kind: 'several', vms: matches.map(({ vm }) => vm) };
}

/** `named`: the request named this VM, and it is `vm` if it exists; else `found` tells what the network cards say. */
export function judgeOmaVm(
  asked:
    | { readonly named: string; readonly vm: JudgedVm | undefined }
    | { readonly named: undefined; readonly found: OmaVmFound<JudgedVm> },
): Check {
  if (asked.named !== undefined) {
    if (asked.vm !== undefined) return judgeState(asked.vm, 'was named');
    const message = `there is no VM ${asked.named}, or the account of this key may not see it`;
    return { status: 'fail', message, details: { oma_vm_id: asked.named } };
  }
  const { found } = asked;
  if (found.kind === 'one') return judgeState(found.vm, `was found by its network card ${found.macAddress}`);
  if (found.kind === 'several') {
    const names = found.vms.map(({ name, id }) => `${name} (${id})`).join(', ');
    return { status: 'warning', message: `several VMs have a network card of this appliance: ${names}; name one` };
  }
  return {
    status: 'warning',
    message: 'no VM of the cloud has a network card of this appliance: name its VM with oma_vm_id',
  };
}

function judgeState({ id, name, state }: JudgedVm, how: string): Check {
  const details = { vm_id: id, vm_name: name, state };
  if (NOT_THERE.has(state)) return { status: 'fail', message: `the VM ${name} is ${state}`, details };
  if (state === 'Running') return { status: 'pass', message: `the appliance is the VM ${name}, which ${how}`, details };
  return { status: 'warning', message: `the VM ${name} ${how}, but is ${state} and not Running`, details };
}

/** Failover gives the new VM the processors and the memory of its source, which only a custom offering can. */
export function judgeOffering(asked: {
  readonly named: string | undefined;
  readonly offering: { readonly id: string; readonly name: string; readonly customized: boolean } | undefined;
}): Check {
  const { named, offering } = asked;
  if (named === undefined) return { status: 'warning', message: 'no compute offering is chosen: failover needs one' };
  if (offering === undefined) {
    const message = `there is no compute offering ${named}, or the account of this key may not use it`;
    return { status: 'fail', message, details: { service_offering_id: named } };
  }
  const details = { service_offering_id: offering.id, name: offering.name };
  if (offering.customized) return { status: 'pass', message: `${offering.name} takes any size`, details };
  const message = `${offering.name} has a fixed size: choose an offering with custom processors and memory`;
  return { status: 'fail', message, details };
}

/** CloudStack attaches volumes to VMs of their own account only. */
export function judgeAccount(asked: {
  readonly own: { readonly name: string; readonly domainId: string | undefined };
  readonly vm: { readonly name: string; readonly account: string | undefined; readonly domainId?: string | undefined };
}): Check {
  const { own, vm } = asked;
  const details = { key_account: own.name, vm_account: vm.account };
  if (vm.account === undefined) {
    return {
      status: 'warning',
      message: `CloudStack does not say to which account the VM ${vm.name} belongs`,
      details,
    };
  }
  const isSameDomain = vm.domainId === undefined || own.domainId === undefined || vm.domainId === own.domainId;
  if (vm.account === own.name && isSameDomain) {
    return { status: 'pass', message: `key and VM belong to the account ${own.name}`, details };
  }
  const where = vm.account === own.name ? 'of the same name in another domain' : vm.account;
  const message =
    `the key belongs to the account ${own.name}, the VM ${vm.name} to the account ${where}: ` +
    'use a key of a user of the account that the VM belongs to';
  return { status: 'fail', message, details };
}

export const accountUnknown: Check = {
  status: 'skipped',
  message: 'it is not known which VM the appliance is, so accounts cannot be compared',
};

/** States of networks in which a VM can be put into them, or that they leave by themselves when one is. */
const USABLE: ReadonlySet<string> = new Set(['Allocated', 'Setup', 'Implementing', 'Implemented']);

export function judgeNetwork(asked: {
  readonly named: string | undefined;
  readonly network: { readonly id: string; readonly name: string; readonly state: string | undefined } | undefined;
}): Check {
  const { named, network } = asked;
  if (named === undefined) return { status: 'warning', message: 'no network is chosen: failover needs mappings then' };
  if (network === undefined) {
    const message = `there is no network ${named} that VMs can be put into, or the account of this key may not use it`;
    return { status: 'fail', message, details: { network_id: named } };
  }
  const details = { network_id: network.id, name: network.name, state: network.state };
  if (network.state === undefined || USABLE.has(network.state)) {
    return { status: 'pass', message: `${network.name} takes VMs`, details };
  }
  return { status: 'fail', message: `the network ${network.name} is ${network.state}`, details };
}

/** A larger template only costs time: its disk is thrown away for ours. */
const TEMPLATE_BYTES_MAX = 2 * GiB;

/** Whether failover should make VMs from it: there at once, and small. */
export const isOffered = (template: { readonly ready: boolean; readonly sizeBytes: number | undefined }): boolean =>
  template.ready && template.sizeBytes !== undefined && template.sizeBytes < TEMPLATE_BYTES_MAX;
