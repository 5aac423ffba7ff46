import { conflict, invalidRequest, notFound, precondition } from '../../base/errors.ts';
import { formatBytes } from '../../base/units.ts';
import { type SpaceLevels, spaceLevelOf } from '../../domain/snapshot-space.ts';
import { readDatastores } from '../../vsphere/datastores.ts';
import type { VirtualDisk } from '../../vsphere/inventory/disks.ts';
import type { VirtualMachine } from '../../vsphere/inventory/virtual-machine.ts';
import type { CallOptions, VsphereSession } from '../../vsphere/session.ts';
import type { ObjectRef } from '../../vsphere/soap/reference.ts';
import { findVm, readVm } from '../../vsphere/virtual-machine.ts';
import type { CreateSession } from '../contract.ts';
import { diskIdOf, requireInSnapshots } from './facts.ts';

/** What is looked at before anything is done to the VM. Whether its disks can be copied by their changes is the OMA's to judge. */

export type KnownVm = VirtualMachine & { readonly instanceUuid: string };

/**
 * By what vCenter keeps unique; a path only finds a VM that is not known by it yet.
 * Errors: not-found `vsphere.vm-unknown`; conflict `source.other-vm`; precondition `source.vm-inaccessible`; those of calls.
 */
export async function findSource(
  session: VsphereSession,
  request: CreateSession,
  options: CallOptions,
): Promise<KnownVm> {
  const { instance_uuid: uuid, bios_uuid: biosUuid, vm: path } = request;
  const isKnown = uuid !== undefined && uuid !== null;
  const ref = await findVm(session, isKnown ? { instanceUuid: uuid } : { path }, options);
  const vm = await readVm(session, ref, options);
  const { instanceUuid } = vm;
  if (instanceUuid === undefined) {
    throw precondition('source.vm-inaccessible', `vcenter does not show the configuration of ${path}`, {
      details: { vm: path, connection_state: vm.connectionState },
      hint: 'its host may be away, or its files may not be accessible',
    });
  }
  if (!isKnown && differs(biosUuid, vm.biosUuid)) {
    throw conflict('source.other-vm', `another VM than the one that is meant has the path ${path}`, {
      details: { vm: path, bios_uuid: biosUuid, found: vm.biosUuid },
      hint: 'discover the VMs of this vcenter again',
    });
  }
  return { ...vm, instanceUuid };
}

const differs = (wanted: string | null | undefined, found: string | undefined): boolean =>
  wanted !== undefined && wanted !== null && wanted.toLowerCase() !== found?.toLowerCase();

/** @throws precondition `source.vm-template`, `source.vm-inaccessible` */
export function requireUsable(vm: VirtualMachine): void {
  if (vm.isTemplate) {
    throw precondition('source.vm-template', `${vm.name} is a template: templates have no snapshots`, {
      hint: 'convert it to a VM, or make one of it',
    });
  }
  if (vm.connectionState !== 'connected') {
    throw precondition(
      'source.vm-inaccessible',
      `${vm.name} is ${vm.connectionState ?? 'in an unknown state'} in vcenter`,
      {
        details: { connection_state: vm.connectionState },
        hint: 'a snapshot needs the host of the VM connected and its files accessible',
      },
    );
  }
}

/**
 * The disks that are asked for, as the VM has them now.
 * Errors: invalid-request `request.invalid`; not-found `source.disk-unknown`; precondition `cbt.*` for a disk without snapshots
 */
export function disksAsked(vm: { readonly disks: readonly VirtualDisk[] }, request: CreateSession): VirtualDisk[] {
  return request.disks.map(({ disk_id: diskId }) => {
    const disk = vm.disks.find((one) => diskIdOf(one) === diskId);
    if (disk !== undefined) {
      requireInSnapshots(disk);
      return disk;
    }
    throw notFound('source.disk-unknown', `the VM has no disk ${diskId}`, {
      details: { disk_id: diskId, known: vm.disks.map(diskIdOf) },
      hint: 'it was removed or attached anew since it was discovered: discover the VM again',
    });
  });
}

export function requireDiskIds({ disks }: CreateSession): void {
  if (disks.every(({ disk_id: diskId }) => /^disk-\d+$/.test(diskId))) return;
  throw invalidRequest('request.invalid', 'a disk of kind vsphere is named disk- and its device key', {
    details: { errors: [{ path: 'disks', message: 'disk_id like disk-2000' }] },
  });
}

/** Where the disks lie, each datastore once. */
export function datastoresOf(disks: readonly VirtualDisk[]): ObjectRef[] {
  const refs = disks.flatMap(({ backing }) => backing.datastore ?? []);
  return [...new Map(refs.map((ref) => [ref.id, ref])).values()];
}

/** @throws precondition `source.datastore-full`, `source.datastore-inaccessible` */
export async function requireSpace(
  session: VsphereSession,
  refs: readonly ObjectRef[],
  { levels, ...options }: CallOptions & { readonly levels: SpaceLevels },
): Promise<void> {
  if (refs.length === 0) return;
  for (const datastore of await readDatastores(session, refs, options)) {
    const { name, freeBytes } = datastore;
    if (!datastore.isAccessible) {
      throw precondition('source.datastore-inaccessible', `datastore ${name} is not accessible`, {
        hint: 'look at the datastore and its hosts in vcenter',
      });
    }
    const level = spaceLevelOf(datastore, levels);
    if (level !== 'stop' && level !== 'remove') continue;
    throw precondition(
      'source.datastore-full',
      `datastore ${name} has only ${formatBytes(freeBytes)} free: no snapshot is made there`,
      {
        details: { datastore: name, free_bytes: freeBytes, capacity_bytes: datastore.capacityBytes },
        hint: 'free space on the datastore: a snapshot grows with every write of its VM, and all VMs there stop when it is full',
      },
    );
  }
}
