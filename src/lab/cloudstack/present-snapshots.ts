import { apiDate, nameOf, owner, pendingJob } from './present.ts';
import type { SnapshotRow, VmSnapshotRow, World } from './world.ts';

/** Snapshots of volumes and of VMs as the API shows them. Field names: SnapshotResponse, VMSnapshotResponse. */

export function presentSnapshot(world: World, snapshot: SnapshotRow): Record<string, unknown> {
  return {
    id: snapshot.id,
    ...owner(world, snapshot.account),
    snapshottype: 'MANUAL',
    intervaltype: 'MANUAL',
    volumeid: snapshot.volumeId,
    volumename: snapshot.volumeName,
    volumetype: snapshot.volumeType,
    created: apiDate(snapshot.createdAt),
    name: snapshot.name,
    state: snapshot.state,
    physicalsize: snapshot.sizeBytes,
    virtualsize: snapshot.sizeBytes,
    zoneid: snapshot.zoneId,
    zonename: nameOf(world.zones, snapshot.zoneId),
    // DefaultSnapshotStrategy: QCOW2 that lies on secondary storage of the same zone.
    revertable: snapshot.state === 'BackedUp',
    hasannotations: false,
    tags: [],
    ...pendingJob(world, snapshot.id),
  };
}

export function presentVmSnapshot(world: World, snapshot: VmSnapshotRow): Record<string, unknown> {
  const vm = world.vms.find((row) => row.id === snapshot.vmId);
  const parent = world.vmSnapshots.find((row) => row.id === snapshot.parentId);
  return {
    id: snapshot.id,
    name: snapshot.name,
    displayname: snapshot.displayName,
    ...(snapshot.description === null ? {} : { description: snapshot.description }),
    state: snapshot.state,
    type: snapshot.type,
    current: snapshot.current,
    ...(parent === undefined ? {} : { parent: parent.id, parentName: parent.displayName }),
    virtualmachineid: snapshot.vmId,
    virtualmachinename: vm?.name,
    zoneid: vm?.zoneId,
    zonename: vm === undefined ? undefined : nameOf(world.zones, vm.zoneId),
    hypervisor: 'KVM',
    ...owner(world, snapshot.account),
    created: apiDate(snapshot.createdAt),
    tags: [],
    ...pendingJob(world, snapshot.id),
  };
}
