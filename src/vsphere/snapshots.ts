import { AppError } from '../base/errors.ts';
import { HOUR } from '../base/units.ts';
import { badAnswer } from './errors.ts';
import { readDisks, type VirtualDisk } from './inventory/disks.ts';
import { readSnapshots, type VmSnapshot } from './inventory/snapshot-tree.ts';
import { readProperties } from './property-collector.ts';
import type { CallOptions, VsphereSession } from './session.ts';
import { readRef } from './soap/read.ts';
import type { ObjectRef } from './soap/reference.ts';
import { flag, text } from './soap/write.ts';
import { runTask, type TaskOptions } from './task.ts';

/** Snapshots of a VM: made, read and removed. Source: vSphere Web Services API, VirtualMachine and VirtualMachineSnapshot. */

export interface NewSnapshot extends TaskOptions {
  readonly name: string;
  readonly description: string;
  /** Brings the guest to rest first, where its tools run and can. */
  readonly quiesce: boolean;
}

export interface MadeSnapshot {
  readonly ref: ObjectRef;
  /** false: the disks are as after a power cut. A VM that is powered off is at rest. */
  readonly isQuiesced: boolean;
}

/** Refusals that a snapshot without quiescing may not meet. */
const QUIESCE_CODES: readonly string[] = [
  'vsphere.quiesce-failed',
  'vsphere.tools-unavailable',
  'vsphere.snapshot-failed',
];

/** Disks of terabytes with hours of changes are written back at the pace of their datastore. */
const REMOVAL_TIMEOUT_MS = 12 * HOUR;

/**
 * Takes a snapshot of all disks without memory; where the guest cannot be brought to rest, once more without that. What
 * the failed one left behind is removed first.
 * Errors: those of `runTask`. After `vsphere.unreachable`, `vsphere.task-timeout`, `vsphere.task-unseen` or an abort the snapshot
 * may be there, or come to be: `listSnapshots` shows it under its name, and a second one would be one too many.
 */
export async function createSnapshot(session: VsphereSession, vm: ObjectRef, of: NewSnapshot): Promise<MadeSnapshot> {
  const guest = await readGuest(session, vm, of);
  const atRest = { ...of, quiesce: true };
  const asItIs = { ...of, quiesce: false };
  if (!of.quiesce || !guest.canQuiesce) return { ref: await take(session, vm, asItIs), isQuiesced: guest.isOff };
  try {
    return { ref: await take(session, vm, atRest), isQuiesced: true };
  } catch (thrown) {
    if (!(thrown instanceof AppError) || !QUIESCE_CODES.includes(thrown.code)) throw thrown;
  }
  await removeRemains(session, vm, of);
  return { ref: await take(session, vm, asItIs), isQuiesced: false };
}

/** All snapshots of a VM, each after its parent. Errors: those of `VsphereSession.call`. */
export async function listSnapshots(
  session: VsphereSession,
  vm: ObjectRef,
  options: CallOptions = {},
): Promise<VmSnapshot[]> {
  return session.within(async (caller) => {
    const { properties, unreadable } = await readProperties(caller, vm, ['snapshot']);
    // None would be a lie.
    if (unreadable.length > 0) throw badAnswer('it does not show the snapshots of a VM', { id: vm.id });
    return readSnapshots(properties.get('snapshot'));
  }, options);
}

/**
 * The disks as they were at the snapshot, with their changeIds. Errors: `vsphere.not-found` where it is gone;
 * `vsphere.bad-answer` where its hardware is not shown; those of `VsphereSession.call`.
 */
export async function readSnapshotDisks(
  session: VsphereSession,
  snapshot: ObjectRef,
  options: CallOptions = {},
): Promise<readonly VirtualDisk[]> {
  return session.within(async (caller) => {
    const { properties } = await readProperties(caller, snapshot, ['config.hardware.device']);
    const devices = properties.get('config.hardware.device');
    if (devices === undefined) throw badAnswer('it does not show the hardware of a snapshot', { id: snapshot.id });
    return readDisks(devices.children);
  }, options);
}

/**
 * Removes one snapshot, whatever was taken on top of it, and waits until its changes are written back: up to 12 h unless
 * `timeoutMs` says otherwise. One that is gone is fine.
 * Errors: those of `runTask`. Whether the VM needs consolidation afterwards is for the caller to see.
 */
export async function removeSnapshot(
  session: VsphereSession,
  snapshot: ObjectRef,
  options: TaskOptions = {},
): Promise<void> {
  const parts = [flag('removeChildren', false), flag('consolidate', true)];
  try {
    await runTask(session, { method: 'RemoveSnapshot_Task', target: snapshot, parts }, patient(options));
  } catch (thrown) {
    if (!(thrown instanceof AppError && thrown.code === 'vsphere.not-found')) throw thrown;
  }
}

/** Writes back what removed snapshots have left; nothing where nothing is left. Waits like `removeSnapshot`. */
export async function consolidateDisks(
  session: VsphereSession,
  vm: ObjectRef,
  options: TaskOptions = {},
): Promise<void> {
  await runTask(session, { method: 'ConsolidateVMDisks_Task', target: vm, parts: [] }, patient(options));
}

const patient = (options: TaskOptions): TaskOptions => ({
  ...options,
  timeoutMs: options.timeoutMs ?? REMOVAL_TIMEOUT_MS,
  // What is half written back would only have to be written back again.
  whenAborted: 'go-on',
});

interface Guest {
  readonly canQuiesce: boolean;
  readonly isOff: boolean;
}

async function readGuest(session: VsphereSession, vm: ObjectRef, { signal }: CallOptions): Promise<Guest> {
  const paths = ['runtime.powerState', 'guest.toolsRunningStatus'];
  const { properties } = await session.within((caller) => readProperties(caller, vm, paths), { signal });
  const power = properties.get('runtime.powerState')?.text;
  return {
    canQuiesce: power === 'poweredOn' && properties.get('guest.toolsRunningStatus')?.text === 'guestToolsRunning',
    isOff: power === 'poweredOff',
  };
}

async function take(
  session: VsphereSession,
  vm: ObjectRef,
  { name, description, quiesce, ...options }: NewSnapshot,
): Promise<ObjectRef> {
  const parts = [text('name', name), text('description', description), flag('memory', false), flag('quiesce', quiesce)];
  const result = await runTask(session, { method: 'CreateSnapshot_Task', target: vm, parts }, options);
  if (result === undefined) throw badAnswer('it does not say which snapshot it made', { id: vm.id });
  return readRef(result);
}

/** A snapshot that failed while the guest was brought to rest may be there all the same. */
async function removeRemains(
  session: VsphereSession,
  vm: ObjectRef,
  { name, description, quiesce: _, ...options }: NewSnapshot,
): Promise<void> {
  const found = await listSnapshots(session, vm, { signal: options.signal });
  for (const snapshot of found) {
    if (snapshot.name !== name || snapshot.description !== description) continue;
    await removeSnapshot(session, snapshot.ref, options);
  }
}
