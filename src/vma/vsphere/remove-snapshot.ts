import { systemClock } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { vmaLog } from '../../base/logger.ts';
import { HOUR, MINUTE } from '../../base/units.ts';
import type { VsphereSession } from '../../vsphere/session.ts';
import { consolidateDisks, listSnapshots, removeSnapshot } from '../../vsphere/snapshots.ts';
import type { ObjectRef } from '../../vsphere/soap/reference.ts';
import type { TaskOptions } from '../../vsphere/task.ts';
import { findVm, readVm } from '../../vsphere/virtual-machine.ts';
import { type SnapshotOrder, tagOf } from './snapshot-order.ts';
import { isSameTag, readTag } from './snapshot-tag.ts';

/** A snapshot that was asked for and is not there yet may still come within this time: the task's own, and some more. */
export const APPEARS_WITHIN_MS = 15 * MINUTE;

/** A VM that is not found was deleted, or this account may not see it for the moment. */
const VM_GONE_AFTER_MS = 24 * HOUR;

export type Removed =
  /** There is none, and none will come. */
  | 'gone'
  /** There is none now. */
  | 'absent';

/**
 * Removes the snapshot of the order, if there is one, and writes back what that leaves behind; takes as long as the
 * datastore needs. May be repeated.
 * Errors: those of vSphere; any but these leaves things as they are.
 */
export async function removeOrdered(
  session: VsphereSession,
  order: SnapshotOrder,
  options: TaskOptions & { readonly appearsWithinMs: number },
): Promise<Removed> {
  const ageMs = systemClock.now() - Date.parse(order.asked_at);
  const vm = await findOrdered(session, order, options);
  if (vm === undefined) return ageMs < VM_GONE_AFTER_MS ? 'absent' : 'gone';
  const all = await listSnapshots(session, vm, { signal: options.signal });
  const ours = all.filter((snapshot) => isSameTag(readTag(snapshot), tagOf(order)));
  for (const { ref } of ours) await removeSnapshot(session, ref, options);
  const { isConsolidationNeeded } = await readVm(session, vm, { signal: options.signal });
  // What an earlier attempt left, too; with other snapshots of the VM it does nothing to them.
  if (isConsolidationNeeded === true) await consolidateDisks(session, vm, options);
  const mayAppear = order.snapshot === 'asked' && ours.length === 0;
  return mayAppear && ageMs < options.appearsWithinMs ? 'absent' : 'gone';
}

/** Undefined where vCenter knows no such VM. */
async function findOrdered(
  session: VsphereSession,
  order: SnapshotOrder,
  { signal }: TaskOptions,
): Promise<ObjectRef | undefined> {
  try {
    // The reference changes when a VM is registered anew; another VM may not get it.
    return await findVm(session, { instanceUuid: order.instance_uuid }, { signal });
  } catch (thrown) {
    if (!(thrown instanceof AppError && thrown.code === 'vsphere.vm-unknown')) throw thrown;
    vmaLog.warn({ sessionId: order.session_id, vm: order.vm }, 'the VM of a snapshot is not found');
    return undefined;
  }
}
