import { precondition } from '../../base/errors.ts';
import type { CycleVm } from '../../db/stores/cycle-store.ts';
import { sourceOf, type SourceOfVm } from '../../domain/source.ts';
import type { FolderVm } from '../../vma/folder-contract.ts';
import type { Replication } from './context.ts';

/** Bytes of a disk at its source now, by disk id. */
export type Capacities = ReadonlyMap<string, number>;

/**
 * A look at the source before anything is made for it: an image that is missing, hostile or locked, or another VM under
 * the old name, ends the job while no volume and no snapshot exists. Kinds that cannot be looked at without a session
 * answer with nothing; the session then finds out.
 */
export async function lookAtSource({ run, deps }: Replication, vm: CycleVm): Promise<Capacities> {
  const source = sourceOf(vm);
  if (source.kind !== 'folder') return new Map();
  const found = await deps.vma.folderVm(source.vm, { signal: run.signal });
  refuseOther(vm, source, found);
  const capacities = new Map(found.disks.map((disk) => [disk.disk_id, disk.capacity_bytes]));
  const missing = vm.disks.map((disk) => disk.diskId).filter((diskId) => !capacities.has(diskId));
  if (missing.length === 0) return capacities;
  throw precondition('source.disk-missing', `the source of ${vm.vmName} has no disk ${missing.join(', ')}`, {
    details: { vm: source.vm, missing },
    hint: 'put the image back, or add the VM to the inventory again without that disk',
  });
}

/** A name may be given to another VM; writing that one over this one's replica would lose it. */
function refuseOther(vm: CycleVm, source: SourceOfVm, found: FolderVm): void {
  if (found.uuid === vm.vmwareVmId) return;
  throw precondition('source.other-vm', `folder ${source.vm} holds another VM than ${vm.vmName} was`, {
    details: { expected: vm.vmwareVmId, found: found.uuid },
    hint: 'add the VM in this folder under a name of its own; this one has no source any more',
  });
}
