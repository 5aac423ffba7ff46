import type { Reason } from './reason.ts';

/** What vSphere says of a VM in one snapshot; read once, after the snapshot was made, from its own configuration. */
export interface VmAtSnapshot {
  /** Instance uuid of the vCenter. */
  readonly vcenterUuid: string;
  /** Instance uuid of the VM; its BIOS uuid is not unique. */
  readonly instanceUuid: string;
  /** The snapshot of this cycle: all disks are read from it and from no other. */
  readonly snapshotId: string;
  /** Every other snapshot in the tree of the VM, whoever made it: leftovers of ours were removed before. */
  readonly otherSnapshotIds: readonly string[];
  /** Whether the events of the VM tell of a revert since the last commit. False also when they could not be read. */
  readonly hasReverted: boolean;
  /** Of planTracking: why the changes up to this snapshot were not tracked; null when they were. */
  readonly trackingFault: Reason | null;
  /** Those that are to be replicated. */
  readonly disks: readonly DiskAtSnapshot[];
}

/**
 * Facts of different worth. `backingUuid` goes with the contents of a disk, through moves and snapshots. `key` names the
 * disk towards vSphere, and its place in the VM: after it was given to another disk it is the same. `objectId` is mostly
 * made of the key and says little more. What is not here, controller:unit, label and the name of the file, identifies
 * nothing: they change with the next snapshot or at somebody's whim.
 */
export interface DiskIdentity {
  readonly key: number;
  readonly backingUuid: string | null;
  readonly objectId: string | null;
}

export interface DiskAtSnapshot extends DiskIdentity {
  /** `[datastore] folder/name.vmdk`. */
  readonly fileName: string;
  readonly capacityBytes: number;
  /** Of the snapshot's disk, never of the running VM's, which moves on. */
  readonly changeId: string | null;
  /** `rdm-virtual` and `rdm-physical` by the compatibility mode; `other`: Ver1 backings and what is not known. */
  readonly backing: 'flat' | 'sparse' | 'se-sparse' | 'rdm-virtual' | 'rdm-physical' | 'other';
  /** vSphere's word: persistent, independent_persistent, ... */
  readonly diskMode: string;
  /** Multi-writer, or at a controller whose bus is shared. */
  readonly isShared: boolean;
  /**
   * Whether `*` is known to name all that was ever written: tracked since the disk was made, or by an ESXi that fills
   * the map when tracking begins. In doubt false: what `*` leaves out is never read.
   */
  readonly isInUseMapWhole: boolean;
}

/** What a commit remembers of a VM: all of it is stored in the transaction that stores the changeIds. */
export interface VmCommit {
  readonly vcenterUuid: string;
  readonly instanceUuid: string;
  /** Names the commit: its job. */
  readonly commitId: string;
  readonly snapshotId: string;
  /** Snapshots that were there besides: the VM can be reverted to what is older than this commit. */
  readonly otherSnapshotIds: readonly string[];
  readonly disks: readonly DiskCommit[];
}

export interface DiskCommit extends DiskIdentity {
  /** Of its last commit; differs from the VM's when the disk was not there at that one. */
  readonly commitId: string;
  readonly fileName: string;
  readonly capacityBytes: number;
  /** Null: the disk was copied whole, and its changes are not tracked. */
  readonly changeId: string | null;
  /** Of the target that holds what changeId claims. */
  readonly generation: number;
}
