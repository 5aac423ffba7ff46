import { notFound } from '../../base/errors.ts';
import { readInventory } from '../../vsphere/inventory/inventory.ts';
import type { VirtualMachine } from '../../vsphere/inventory/virtual-machine.ts';
import type { VsphereSession } from '../../vsphere/session.ts';
import type { DiscoverRequest, Discovery } from '../vcenter-contract.ts';
import { presentVm } from './present-vm.ts';

/**
 * The VMs of a vCenter, sorted by their path. Templates are left out and counted.
 * Errors: not-found `vsphere.datacenter-unknown`; those of `readInventory`.
 */
export async function discover(
  session: VsphereSession,
  request: Pick<DiscoverRequest, 'vcenter' | 'datacenter' | 'filter'>,
  signal: AbortSignal,
): Promise<Discovery> {
  const inventory = await readInventory(session, { signal });
  const datacenter = given(request.datacenter);
  if (datacenter !== undefined && !inventory.datacenterNames.includes(datacenter)) {
    throw unknownDatacenter(datacenter, inventory.datacenterNames);
  }
  const part = given(request.filter)?.toLowerCase();
  const fitting = inventory.virtualMachines.filter(
    (vm) =>
      (datacenter === undefined || vm.location?.datacenter === datacenter) &&
      (part === undefined || vm.name.toLowerCase().includes(part)),
  );
  const vms = fitting
    .filter((vm) => !vm.isTemplate)
    .map((vm) => presentVm(vm, inventory.datastoreNames))
    .toSorted(byPath);
  return {
    vcenter: { host: request.vcenter, datacenter: datacenter ?? null, ...identityOf(session) },
    vms,
    count: vms.length,
    templates_left_out: fitting.filter((vm: VirtualMachine) => vm.isTemplate).length,
  };
}

export function identityOf({ content: { about } }: VsphereSession): {
  readonly instance_uuid: string;
  readonly version: string;
  readonly build: string | null;
  readonly full_name: string;
} {
  const { instanceUuid, version, build, fullName } = about;
  return { instance_uuid: instanceUuid, version, build: build ?? null, full_name: fullName };
}

interface Placed {
  readonly path: string;
  readonly ref: string;
}

/** The same order each time, whatever pages vCenter made. */
const byPath = (one: Placed, other: Placed): number => compare(one.path, other.path) || compare(one.ref, other.ref);
const compare = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

const given = (text: string | null | undefined): string | undefined =>
  text === null || text === undefined || text === '' ? undefined : text;

/** As many names as a person reads. */
const NAMED_MAX = 20;

function unknownDatacenter(name: string, known: readonly string[]): Error {
  const names = known.slice(0, NAMED_MAX).join(', ');
  return notFound('vsphere.datacenter-unknown', `this vcenter has no datacenter ${name}`, {
    hint:
      known.length === 0
        ? 'this account sees no datacenter at all: give it the right to read the inventory'
        : `there is: ${names}${known.length > NAMED_MAX ? ', ...' : ''}`,
  });
}
