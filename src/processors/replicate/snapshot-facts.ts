import { upstream, type AppError } from '../../base/errors.ts';
import type { VmAtSnapshot } from '../../domain/cbt/source-state.ts';
import type { SourceSession } from '../../vma/contract.ts';

/** What the guard judges by, out of a session of kind vsphere. @throws upstream `vma.bad-answer` */
export function vmAtSnapshot(session: SourceSession): VmAtSnapshot {
  const { facts } = session;
  if (facts === null) throw withoutFacts(session);
  return {
    vcenterUuid: facts.vcenter_uuid,
    instanceUuid: facts.instance_uuid,
    snapshotId: facts.snapshot_ref,
    otherSnapshotIds: facts.other_snapshot_ids,
    hasReverted: facts.has_reverted,
    trackingFault: facts.tracking_fault,
    disks: session.disks.map((disk) => {
      if (disk.facts === null) throw withoutFacts(session);
      return {
        key: disk.facts.key,
        backingUuid: disk.facts.backing_uuid,
        objectId: disk.facts.object_id,
        fileName: disk.facts.file_name,
        capacityBytes: disk.capacity_bytes,
        changeId: disk.change_id,
        backing: disk.facts.backing,
        diskMode: disk.facts.disk_mode,
        isShared: disk.facts.is_shared,
        isInUseMapWhole: disk.facts.is_in_use_map_whole,
      };
    }),
  };
}

const withoutFacts = (session: SourceSession): AppError =>
  upstream('vma.bad-answer', 'the VMA does not say what vSphere knows of the VM in the snapshot', {
    details: { sessionId: session.session_id },
    hint: 'are all parts of the same version?',
  });
