import { type Reason, reasonOf } from './reason.ts';
import type { DiskAtSnapshot } from './source-state.ts';

/** What is known of a VM before its snapshot is made, and after leftover snapshots of ours were removed. */
export interface TrackingFacts {
  /** capability.changeTrackingSupported, and virtual hardware of version 7 or later. */
  readonly isSupported: boolean;
  readonly isEnabled: boolean;
  readonly hasSnapshots: boolean;
  readonly needsConsolidation: boolean;
}

/** keep: it is on. enable: switch it on now, and stun a running VM, before the snapshot. without: go on without it. */
export interface TrackingPlan {
  readonly step: 'keep' | 'enable' | 'without';
  /** For VmAtSnapshot.trackingFault. */
  readonly fault: Reason | null;
}

/**
 * Change tracking is never switched on while there are snapshots: vSphere since 6.5 does not refuse it, and answers
 * wrongly from then on. Source: Backup Exec articles 100033474 and 100033481.
 */
export function planTracking(vm: TrackingFacts): TrackingPlan {
  if (!vm.isSupported) return { step: 'without', fault: reasonOf('cbt.not-supported') };
  if (vm.isEnabled) return { step: 'keep', fault: null };
  if (vm.hasSnapshots) return { step: 'without', fault: reasonOf('cbt.snapshots-forbid') };
  if (vm.needsConsolidation) return { step: 'without', fault: reasonOf('cbt.consolidation-needed') };
  return { step: 'enable', fault: reasonOf('cbt.just-enabled') };
}

/** Whether a changeId of this snapshot stands for all changes from it on. */
export function isTrackedFromNowOn(fault: Reason | null): boolean {
  return fault === null || fault.code === 'cbt.just-enabled';
}

const BACKINGS_IN_SNAPSHOTS = new Set<DiskAtSnapshot['backing']>(['flat', 'sparse', 'se-sparse', 'rdm-virtual']);

/** Why no snapshot can hold this disk, or none that means anything; undefined when one can. Unknown words count as no. */
export function snapshotObstacle(disk: DiskAtSnapshot): Reason | undefined {
  if (!BACKINGS_IN_SNAPSHOTS.has(disk.backing)) return reasonOf('cbt.backing-unsupported');
  if (disk.diskMode !== 'persistent') return reasonOf('cbt.mode-unsupported');
  if (disk.isShared) return reasonOf('cbt.shared');
  return undefined;
}
