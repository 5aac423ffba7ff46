import { sleep } from '../../base/clock.ts';
import { toAppError } from '../../base/errors.ts';
import { vmaLog } from '../../base/logger.ts';
import { MINUTE, SECOND } from '../../base/units.ts';
import { type Reason, reasonOf } from '../../domain/cbt/reason.ts';
import { planTracking } from '../../domain/cbt/tracking.ts';
import { setChangeTracking } from '../../vsphere/change-tracking.ts';
import type { VirtualMachine } from '../../vsphere/inventory/virtual-machine.ts';
import { createSnapshot, listSnapshots, type MadeSnapshot, removeSnapshot } from '../../vsphere/snapshots.ts';
import type { ObjectRef } from '../../vsphere/soap/reference.ts';
import type { TaskOptions } from '../../vsphere/task.ts';
import { readVm } from '../../vsphere/virtual-machine.ts';
import { trackingFacts } from './facts.ts';
import type { PrepareContext } from './prepare.ts';
import { readTag, snapshotDescription, snapshotName, type SnapshotTag } from './snapshot-tag.ts';

/** What changes something at the VM: change tracking, and the snapshot. The order for the snapshot is durable by now. */

export interface SnapshotContext extends PrepareContext {
  readonly tag: SnapshotTag;
  readonly vmUuid: string;
}

export const taskOptions = ({ settings, preparing }: PrepareContext): TaskOptions => ({
  pollMs: settings.pollMs,
  signal: preparing.signal,
});

/** How long another task on the VM is waited for; its job is tried again later anyway. */
const PATIENCE_MS = 5 * MINUTE;
const IN_BETWEEN_MS = 2 * SECOND;
const BUSY_CODES: readonly string[] = ['vsphere.task-in-progress', 'vsphere.concurrent-access'];

/**
 * vCenter does one thing at a time to a VM. What it does just now may be what an attempt before this one has asked for: a
 * snapshot that appears then goes before the next try.
 */
export async function patiently<T>(context: SnapshotContext, work: () => Promise<T>): Promise<T> {
  const { session, remover, access, vmUuid, preparing, settings } = context;
  const endMs = session.clock.monotonic() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (thrown) {
      if (!BUSY_CODES.includes(toAppError(thrown).code) || session.clock.monotonic() > endMs) throw thrown;
    }
    await sleep(Math.min(IN_BETWEEN_MS, 10 * (settings.pollMs ?? IN_BETWEEN_MS)), preparing.signal);
    await remover.clear(vmUuid, access, preparing.signal);
  }
}

/** Why the changes up to the snapshot that follows were not tracked; null when they were. */
export async function trackChanges(context: SnapshotContext, ref: ObjectRef): Promise<Reason | null> {
  const { session, preparing } = context;
  const { vm, fault, isStunNeeded } = await patiently(context, () => enableTracking(context, ref));
  if (!isStunNeeded) return fault;
  const { ref: throwAway } = await patiently(context, () => makeSnapshot(context, ref, { quiesce: false }));
  await patiently(context, () => removeSnapshot(session, throwAway, taskOptions(context)));
  const { changeTracking } = await readVm(session, ref, { signal: preparing.signal });
  vmaLog.info({ vm: vm.name, isEnabled: changeTracking.isEnabled }, 'change tracking switched on');
  return changeTracking.isEnabled === true ? fault : NOT_ENABLED;
}

const NOT_ENABLED: Reason = {
  code: 'cbt.not-enabled',
  text: 'change tracking was switched on, and vSphere says that it is still off',
};

interface Tracking {
  readonly vm: VirtualMachine;
  readonly fault: Reason | null;
  /** It takes effect when the VM is stunned, which a snapshot does that comes and goes. */
  readonly isStunNeeded: boolean;
}

async function enableTracking(context: SnapshotContext, ref: ObjectRef): Promise<Tracking> {
  const { session, preparing } = context;
  const vm = await readVm(session, ref, { signal: preparing.signal });
  const facts = trackingFacts(vm);
  const plan = planTracking(facts);
  const isRunning = vm.powerState !== 'poweredOff';
  if (plan.step === 'enable') {
    await setChangeTracking(session, ref, { isEnabled: true, ...taskOptions(context) });
    return { vm, fault: plan.fault, isStunNeeded: isRunning };
  }
  // Switched on by one that died before the stun, or by somebody who knew of none.
  const isWaiting = plan.step === 'keep' && isRunning && !facts.hasSnapshots && !vm.disks.some(isTracked);
  return { vm, fault: isWaiting ? reasonOf('cbt.just-enabled') : plan.fault, isStunNeeded: isWaiting };
}

const isTracked = ({ backing }: VirtualMachine['disks'][number]): boolean => backing.changeId !== undefined;

/** A leftover that appears each time is not one that was on its way. */
const TRIES_MAX = 3;

/** All disks, at one moment. */
export async function takeSnapshot(context: SnapshotContext, vm: ObjectRef): Promise<MadeSnapshot> {
  const { session, remover, access, vmUuid, preparing } = context;
  for (let tries = 1; ; tries += 1) {
    const made = await patiently(context, () => makeSnapshot(context, vm, { quiesce: true }));
    if (tries === TRIES_MAX || !(await isOnLeftover(context, vm, made.ref))) {
      await remover.note(preparing.sessionId, 'made');
      return made;
    }
    // One that an attempt before this one asked for came to be just now; the guard would take it for somebody else's.
    await removeSnapshot(session, made.ref, taskOptions(context));
    await remover.clear(vmUuid, access, preparing.signal);
  }
}

async function isOnLeftover(
  { session, remover, preparing }: SnapshotContext,
  vm: ObjectRef,
  own: ObjectRef,
): Promise<boolean> {
  const all = await listSnapshots(session, vm, { signal: preparing.signal });
  return all.some((snapshot) => {
    const tag = readTag(snapshot);
    return snapshot.ref.id !== own.id && tag !== undefined && remover.knows(tag);
  });
}

async function makeSnapshot(
  context: SnapshotContext,
  vm: ObjectRef,
  { quiesce }: { readonly quiesce: boolean },
): Promise<MadeSnapshot> {
  const { session, remover, preparing, tag } = context;
  const spec = { name: snapshotName(tag), description: snapshotDescription(tag), quiesce };
  await remover.note(preparing.sessionId, 'asked');
  try {
    return await createSnapshot(session, vm, { ...spec, ...taskOptions(context) });
  } catch (thrown) {
    const { code } = toAppError(thrown);
    // vCenter has answered, and its answer was no.
    const isRefused = !preparing.signal.aborted && !UNCERTAIN_CODES.includes(code);
    if (isRefused) await remover.note(preparing.sessionId, 'none');
    throw thrown;
  }
}

/** After these a snapshot may be there, or may still come. */
const UNCERTAIN_CODES: readonly string[] = [
  'vsphere.unreachable',
  'vsphere.unavailable',
  'vsphere.bad-answer',
  'vsphere.task-timeout',
  'vsphere.task-unseen',
  'vsphere.closed',
  'internal',
];
