import type { z } from 'zod';
import { systemClock } from '../../base/clock.ts';
import { conflict } from '../../base/errors.ts';
import type { VsphereSession } from '../../vsphere/session.ts';
import { readVm } from '../../vsphere/virtual-machine.ts';
import type { VmSpecChanges, VmSpecChangesRequest } from '../vcenter-contract.ts';
import { compareSpecs } from './compare-specs.ts';
import { findMachine } from './find-machine.ts';
import { presentVm } from './present-vm.ts';

type Asked = Pick<z.output<typeof VmSpecChangesRequest>, 'vm_path' | 'instance_uuid' | 'stored_vm_info'>;

/**
 * What became of a VM since its description was stored. Errors: conflict `vsphere.vm-unreadable` where vCenter cannot
 * show its configuration now; those of findMachine and of `VsphereSession.call`.
 */
export async function specChanges(
  session: VsphereSession,
  { vm_path: path, instance_uuid: uuid, stored_vm_info: stored }: Asked,
  signal: AbortSignal,
): Promise<VmSpecChanges> {
  const ref = await findMachine(session, uuid ?? path, { signal });
  const vm = presentVm(await readVm(session, ref, { signal }), new Map());
  if (!vm.is_readable) {
    throw conflict('vsphere.vm-unreadable', `vcenter cannot show the configuration of ${vm.name} now`, {
      details: { connection_state: vm.connection_state },
      hint: 'its host or datastore is away, or this account lacks the right to read it: nothing can be compared',
    });
  }
  const changes = compareSpecs(stored, vm);
  return {
    has_changes: changes.length > 0,
    changes_summary: changes.map(({ text }) => text).join('; '),
    changes: changes.map(({ text: _text, ...change }) => change),
    changes_json: JSON.stringify(changes.map(({ text: _text, ...change }) => change)),
    check_time: new Date(systemClock.now()).toISOString(),
    status: 'completed',
    current_vm_info: vm,
  };
}
