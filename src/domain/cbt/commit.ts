import { invariant } from '../../base/invariant.ts';
import type { VmAtSnapshot, VmCommit } from './source-state.ts';
import { isTrackedFromNowOn } from './tracking.ts';

/** What became of one disk in a cycle. */
export interface DiskOutcome {
  /** Its areas, hashes or whole length were followed to the capacity of the disk. */
  readonly isComplete: boolean;
  /** A flush succeeded after its last write. */
  readonly isFlushed: boolean;
  /** Of the target that holds the snapshot now. */
  readonly generation: number;
}

/**
 * What is to be stored, in one transaction, when a cycle is over: the changeIds of all disks of its snapshot, together
 * with all that the next verdict needs. A set with a disk missing, or not flushed, is never a commit.
 */
export function commitOf(
  found: VmAtSnapshot,
  cycle: { readonly commitId: string; readonly outcomes: ReadonlyMap<number, DiskOutcome> },
): VmCommit {
  const { commitId, outcomes } = cycle;
  invariant(found.disks.length > 0 && outcomes.size === found.disks.length, 'a commit is of all disks of its snapshot');
  const isTracked = isTrackedFromNowOn(found.trackingFault);
  return {
    vcenterUuid: found.vcenterUuid,
    instanceUuid: found.instanceUuid,
    commitId,
    snapshotId: found.snapshotId,
    otherSnapshotIds: found.otherSnapshotIds,
    disks: found.disks.map((disk) => {
      const outcome = outcomes.get(disk.key);
      invariant(outcome?.isComplete === true && outcome.isFlushed, `disk ${disk.key} is not on its target`);
      const { key, backingUuid, objectId, fileName, capacityBytes } = disk;
      const changeId = isTracked ? disk.changeId : null;
      const { generation } = outcome;
      return { key, backingUuid, objectId, fileName, capacityBytes, changeId, commitId, generation };
    }),
  };
}
