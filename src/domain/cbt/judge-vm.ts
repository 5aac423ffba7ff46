import { precondition } from '../../base/errors.ts';
import { invariant } from '../../base/invariant.ts';
import { judgeDisk, type Target } from './judge-disk.ts';
import { describeReason, type Reason, reasonOf } from './reason.ts';
import type { VmAtSnapshot, VmCommit } from './source-state.ts';
import type { Verdict } from './verdict.ts';

export interface CycleOrder {
  /** By device key: the target of each disk that has one. */
  readonly targets: ReadonlyMap<number, Target>;
  readonly forceFull: boolean;
}

export interface DiskVerdict {
  readonly key: number;
  readonly verdict: Verdict;
}

export interface VmVerdict {
  /** Of every disk in the snapshot, in its order. */
  readonly disks: readonly DiskVerdict[];
  /** Keys of disks that the last commit had and the VM has no more: nothing is read or written for them. */
  readonly removed: readonly number[];
  /** Why this VM must not be written over the replica at all; null when it may. */
  readonly refusal: Reason | null;
}

const NEW_TARGET: Target = { generation: 1, isEmpty: true, fullReason: null };

/**
 * How each disk of a VM is brought up to one snapshot. `known` is the VM's last commit, undefined before the first. It
 * decides from facts alone: what it is not told of, it takes for the worse.
 */
export function judgeVm(known: VmCommit | undefined, found: VmAtSnapshot, order: CycleOrder): VmVerdict {
  const keys = new Set(found.disks.map((disk) => disk.key));
  invariant(keys.size === found.disks.length, 'two disks of a snapshot have one key');
  const vmFault = faultOfVm(known, found);
  const disks = found.disks.map((disk) => ({
    key: disk.key,
    verdict: judgeDisk({
      found: disk,
      known: known?.disks.find((each) => each.key === disk.key),
      target: order.targets.get(disk.key) ?? NEW_TARGET,
      commitId: known?.commitId,
      vmFault,
      forceFull: order.forceFull,
    }),
  }));
  const removed = (known?.disks ?? []).map((disk) => disk.key).filter((key) => !keys.has(key));
  return { disks, removed, refusal: refusalOf(known, found) };
}

/** A name, a path and a BIOS uuid may be another VM's; writing that one over this one's replica would lose it. */
function refusalOf(known: VmCommit | undefined, found: VmAtSnapshot): Reason | null {
  if (known === undefined) return null;
  if (known.instanceUuid.toLowerCase() !== found.instanceUuid.toLowerCase()) return reasonOf('source.other-vm');
  return known.vcenterUuid.toLowerCase() === found.vcenterUuid.toLowerCase() ? null : reasonOf('source.other-vcenter');
}

/**
 * Why the changes of no disk can be believed. A revert needs a snapshot to go back to. One that is older than the commit
 * takes the disks back behind it, and their changeIds may grow past the committed one again; one that is there now may
 * do so to what this cycle writes, and chains are where change tracking failed before.
 */
function faultOfVm(known: VmCommit | undefined, found: VmAtSnapshot): Reason | null {
  if (found.trackingFault !== null) return found.trackingFault;
  if (found.hasReverted) return reasonOf('cbt.reverted');
  if (found.otherSnapshotIds.length > 0) return reasonOf('cbt.foreign-snapshot');
  return (known?.otherSnapshotIds.length ?? 0) > 0 ? reasonOf('cbt.snapshot-chain-changed') : null;
}

/**
 * Before anything is written: a VM is replicated with all of its disks or not at all.
 * @throws precondition with the code of the first refusal; the others are in the details
 */
export function assertReplicable(vm: VmVerdict): void {
  if (vm.refusal !== null) {
    throw precondition(vm.refusal.code, vm.refusal.text, {
      hint: 'add the VM that is there now under a context of its own; this one has no source any more',
    });
  }
  const refused = vm.disks.flatMap(({ key, verdict }) => (verdict.mode === 'refused' ? [{ key, ...verdict }] : []));
  const [first] = refused;
  if (first === undefined) return;
  throw precondition(first.reason.code, `disk ${first.key} cannot be replicated: ${first.reason.text}`, {
    hint: first.hint,
    details: { disks: refused.map(({ key, reason }) => ({ key, reason: describeReason(reason) })) },
  });
}
