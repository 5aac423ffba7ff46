import { readSnapshotOverview, type SnapshotOverview, type SnapshotsOfVm } from '../../vsphere/snapshot-overview.ts';
import type { VmSnapshot } from '../../vsphere/inventory/snapshot-tree.ts';
import type { FindSnapshots, FoundSnapshots, OwnSnapshot, SnapshotRemovalState } from '../snapshots-contract.ts';
import type { Vcenters } from '../vcenter/vcenters.ts';
import { readTag, tagLine, type SnapshotTag } from '../vsphere/snapshot-tag.ts';

/** What this VMA knows of a snapshot besides what vCenter says. */
export interface Holding {
  isHeld(tag: SnapshotTag): boolean;
  removalOf(vcenterUuid: string, snapshotRef: string, tag: string): SnapshotRemovalState | undefined;
}

/** All snapshots of this installation at a vCenter, and what else an operator wants to know. Errors: those of vSphere. */
export async function findSnapshots(
  vcenters: Pick<Vcenters, 'use'>,
  { installation_id: installationId, ...access }: FindSnapshots,
  holding: Holding,
): Promise<FoundSnapshots> {
  return vcenters.use(access, async (session) => {
    const vcenterUuid = session.content.about.instanceUuid;
    return report(await readSnapshotOverview(session), { installationId, vcenterUuid, holding });
  });
}

interface Asked {
  readonly installationId: string;
  readonly vcenterUuid: string;
  readonly holding: Holding;
}

function report({ virtualMachines, datastores }: SnapshotOverview, asked: Asked): FoundSnapshots {
  const snapshots: OwnSnapshot[] = [];
  const others: VmSnapshot[] = [];
  for (const vm of virtualMachines) {
    for (const snapshot of vm.snapshots) {
      const tag = readTag(snapshot);
      if (tag?.installationId !== asked.installationId) others.push(snapshot);
      else snapshots.push(present(vm, snapshot, { ...asked, tag }));
    }
  }
  const used = new Set(snapshots.flatMap((snapshot) => snapshot.datastore_refs));
  return {
    vcenter_uuid: asked.vcenterUuid,
    snapshots,
    others: { count: others.length, oldest_created_at: oldest(others) },
    consolidation_needed: virtualMachines
      .filter((vm) => vm.isConsolidationNeeded)
      .map((vm) => ({ vm: vm.name, vm_ref: vm.vm.id })),
    datastores: datastores
      .filter(({ ref }) => used.has(ref.id))
      .map(({ ref, name, capacityBytes, freeBytes, isAccessible }) => ({
        ref: ref.id,
        name,
        capacity_bytes: capacityBytes,
        free_bytes: freeBytes,
        is_accessible: isAccessible,
      })),
  };
}

type Found = Pick<Asked, 'vcenterUuid' | 'holding'> & { readonly tag: SnapshotTag };

const present = (vm: SnapshotsOfVm, snapshot: VmSnapshot, { tag, holding, vcenterUuid }: Found): OwnSnapshot => ({
  vm: vm.name,
  vm_ref: vm.vm.id,
  instance_uuid: vm.instanceUuid ?? null,
  snapshot_ref: snapshot.ref.id,
  name: snapshot.name,
  tag: tagLine(tag),
  job_id: tag.jobId,
  epoch: tag.epoch,
  created_at: snapshot.createdAt.toISOString(),
  is_held: holding.isHeld(tag),
  removal: holding.removalOf(vcenterUuid, snapshot.ref.id, tagLine(tag)) ?? null,
  datastore_refs: vm.datastores.map((datastore) => datastore.id),
});

function oldest(snapshots: readonly VmSnapshot[]): string | null {
  if (snapshots.length === 0) return null;
  return new Date(Math.min(...snapshots.map((snapshot) => snapshot.createdAt.getTime()))).toISOString();
}
