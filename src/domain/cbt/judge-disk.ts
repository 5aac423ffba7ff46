import { chooseSync } from '../sync-mode.ts';
import { parseChangeId } from './change-id.ts';
import { compareIdentity, homeOf } from './identity.ts';
import { type Reason, type ReasonCode, reasonOf } from './reason.ts';
import type { DiskAtSnapshot, DiskCommit } from './source-state.ts';
import { snapshotObstacle } from './tracking.ts';
import type { Verdict } from './verdict.ts';

/** What our ledger says of the volume that a disk is copied to. */
export interface Target {
  readonly generation: number;
  /** Nobody ever wrote it. */
  readonly isEmpty: boolean;
  /** Why its generation grew, where that was noted. */
  readonly fullReason: string | null;
}

export interface DiskCase {
  readonly found: DiskAtSnapshot;
  /** Undefined: the disk was in no commit. */
  readonly known: DiskCommit | undefined;
  readonly target: Target;
  /** The VM's last commit; undefined before the first. */
  readonly commitId: string | undefined;
  /** Why the changes of no disk of the VM can be believed; null when they can. */
  readonly vmFault: Reason | null;
  readonly forceFull: boolean;
}

/** How one disk is brought up to the snapshot. */
export function judgeDisk(one: DiskCase): Verdict {
  const { found, known, target } = one;
  const obstacle = snapshotObstacle(found);
  if (obstacle !== undefined) return refused(obstacle, 'change the disk at the source, or replicate the VM without it');
  if (known === undefined) return full(one, one.commitId === undefined ? undefined : reasonOf('cbt.disk-added'));
  const likeness = compareIdentity(known, found);
  if (likeness === 'replaced') return full(one, reasonOf('cbt.disk-replaced'));
  if (found.capacityBytes < known.capacityBytes) {
    return refused(
      reasonOf('cbt.capacity-shrunk'),
      'check the disk at the source; when it really is a new one, delete the VM here and add it again',
    );
  }
  if (one.forceFull || target.isEmpty) return full(one);
  const doubt = likeness === 'unproven' ? reasonOf('cbt.identity-unproven') : (one.vmFault ?? faultOf(one, known));
  if (doubt !== null) return { mode: 'compare', reason: doubt };
  const choice = choose(one);
  if (choice.mode === 'full') return { mode: 'compare', reason: { code: choice.code, text: choice.reason } };
  const isMoved = homeOf(known.fileName) !== homeOf(found.fileName);
  return { mode: 'incremental', since: choice.changeId, doubt: isMoved ? reasonOf('cbt.moved') : null };
}

const choose = ({ known, target, forceFull }: DiskCase): ReturnType<typeof chooseSync> =>
  chooseSync(
    {
      changeId: known?.changeId ?? null,
      committedGeneration: known?.generation ?? null,
      targetGeneration: target.generation,
      fullReason: target.fullReason,
    },
    { forceFull },
  );

/** Why what vSphere tracked does not lead from the last commit of the disk to this snapshot; null when it does. */
function faultOf({ found, commitId }: DiskCase, known: DiskCommit): Reason | null {
  const code = codeOfFault(found, known, commitId);
  return code === undefined ? null : reasonOf(code);
}

function codeOfFault(found: DiskAtSnapshot, known: DiskCommit, commitId: string | undefined): ReasonCode | undefined {
  if (known.commitId !== commitId) return 'cbt.missed-commit';
  if (found.capacityBytes !== known.capacityBytes) return 'cbt.capacity-grown';
  if (found.changeId === null) return 'cbt.no-change-id';
  if (known.changeId === null) return 'cbt.was-untracked';
  const [then, now] = [parseChangeId(known.changeId), parseChangeId(found.changeId)];
  if (then === undefined || now === undefined) return 'cbt.change-id-unreadable';
  if (then.lineage !== now.lineage) return 'cbt.lineage-changed';
  return now.sequence < then.sequence ? 'cbt.sequence-back' : undefined;
}

/** Without a `reason` of the source's, the one that our ledger has. */
function full(one: DiskCase, reason?: Reason): Verdict {
  const choice = choose(one);
  const ofLedger = choice.mode === 'full' ? { code: choice.code, text: choice.reason } : TARGET_EMPTY;
  return { mode: 'full', extents: isInUseMapUsable(one) ? 'in-use' : 'whole', reason: reason ?? ofLedger };
}

const TARGET_EMPTY: Reason = { code: 'sync.target-empty', text: 'the target was never written' };

/** Only an optimisation: whoever wants every byte copied, and whoever may get a wrong map, reads everything. */
function isInUseMapUsable({ found, forceFull, vmFault }: DiskCase): boolean {
  return found.isInUseMapWhole && found.changeId !== null && vmFault === null && !forceFull;
}

function refused(reason: Reason, hint: string): Verdict {
  return { mode: 'refused', reason, hint };
}
