import { randomBytes } from 'node:crypto';
import { systemClock } from '../../base/clock.ts';
import { conflict, invalidRequest, precondition, toAppError } from '../../base/errors.ts';
import { vmaLog } from '../../base/logger.ts';
import { MINUTE } from '../../base/units.ts';
import type { Reason } from '../../domain/cbt/reason.ts';
import { planTracking } from '../../domain/cbt/tracking.ts';
import type { SpaceLevels } from '../../domain/snapshot-space.ts';
import { setChangeTracking } from '../../vsphere/change-tracking.ts';
import type { VsphereSession } from '../../vsphere/session.ts';
import { consolidateDisks, createSnapshot, type MadeSnapshot, removeSnapshot } from '../../vsphere/snapshots.ts';
import type { ObjectRef } from '../../vsphere/soap/reference.ts';
import type { TaskOptions } from '../../vsphere/task.ts';
import { readVm } from '../../vsphere/virtual-machine.ts';
import type { VcenterAccess } from '../contract.ts';
import type { VsphereRecord } from '../session/record.ts';
import type { PlaceFor, Preparing } from '../session/source-kind.ts';
import { trackingFacts } from './facts.ts';
import { datastoresOf, disksAsked, findSource, type KnownVm, requireSpace, requireUsable } from './preflight.ts';
import { recordOf } from './session-record.ts';
import type { SnapshotOrder } from './snapshot-order.ts';
import type { SnapshotRemover } from './snapshot-remover.ts';
import { readTag, snapshotDescription, snapshotName, type SnapshotTag } from './snapshot-tag.ts';

/**
 * Making a session of kind `vsphere`: one snapshot of all disks, and what is to be known of it. From the order on, which
 * is durable before vSphere is asked for anything that stays, whatever happens leads to the removal of the snapshot.
 */

export interface PrepareSettings {
  readonly placeFor: PlaceFor;
  readonly levels: SpaceLevels;
  /** Connections that one ESXi host gives to all that read from it. */
  readonly hostConnections: number;
  /** Whether what `*` names is believed to be all that was ever written. */
  readonly trustInUseMap: boolean;
  /** How often a task is looked at; default 1 s. */
  readonly pollMs?: number | undefined;
}

export interface PrepareContext {
  readonly settings: PrepareSettings;
  readonly remover: SnapshotRemover;
  readonly session: VsphereSession;
  readonly access: VcenterAccess;
  readonly preparing: Preparing;
}

/** Leftovers of somebody else's snapshots; the job cannot begin without. */
const CONSOLIDATE_MS = 2 * 60 * MINUTE;

/** Errors: those of preflight.ts and of vSphere; conflict `session.stale-epoch`; busy `session.snapshot-leftover`. */
export async function prepareVsphere(context: PrepareContext): Promise<VsphereRecord> {
  const { session, preparing, settings } = context;
  const { request, signal } = preparing;
  const first = await findSource(session, request, { signal });
  const vmUuid = `${session.content.about.instanceUuid}/${first.instanceUuid}`.toLowerCase();
  await preparing.claimVm(vmUuid);
  requireUsable(first);
  const datastores = datastoresOf(disksAsked(first, request));
  await requireSpace(session, datastores, { levels: settings.levels, signal });
  await clearLeftovers(context, first, vmUuid);
  const vm = await consolidated(context, first.ref);
  const { order, tag } = newOrder(context, first, vmUuid);
  await context.remover.plan(order, context.access);
  const fault = await trackChanges(context, vm, tag);
  const snapshot = await takeSnapshot(context, vm.ref, tag);
  const record = await recordOf(context, { vm, snapshot, fault, tag, vmUuid, datastores });
  const { sessionId } = preparing;
  vmaLog.info({ sessionId, jobId: request.job_id, vm: request.vm, snapshot: snapshot.ref.id, fault }, 'snapshot taken');
  return record;
}

const tasks = ({ settings, preparing }: PrepareContext): TaskOptions => ({
  pollMs: settings.pollMs,
  signal: preparing.signal,
});

/** A new snapshot on top of an older one of ours would be a foreign one to the guard. */
async function clearLeftovers(context: PrepareContext, vm: KnownVm, vmUuid: string): Promise<void> {
  const { remover, access, preparing } = context;
  const { job_id: jobId, installation_id: installationId, epoch } = preparing.request;
  for (const snapshot of vm.snapshots) {
    const tag = readTag(snapshot);
    if (tag?.installationId !== installationId || tag.jobId !== jobId) continue;
    if (tag.epoch > epoch) throw staleEpoch(tag);
    if (remover.knows(tag)) continue;
    // Of a VMA that has lost its state, or of another one that this job was at.
    const sessionId = `left-${randomBytes(6).toString('hex')}`;
    const order = {
      ...orderFor(context, vm, vmUuid),
      session_id: sessionId,
      epoch: tag.epoch,
      snapshot: 'made' as const,
    };
    await remover.plan(order, access);
    remover.release(sessionId);
  }
  await remover.clear(vmUuid, access, preparing.signal);
}

function newOrder(context: PrepareContext, vm: KnownVm, vmUuid: string): { order: Order; tag: SnapshotTag } {
  const order = orderFor(context, vm, vmUuid);
  return { order, tag: { installationId: order.installation_id, jobId: order.job_id, epoch: order.epoch } };
}

type Order = Omit<SnapshotOrder, 'access'>;

function orderFor({ preparing }: PrepareContext, vm: KnownVm, vmUuid: string): Order {
  const { request, sessionId } = preparing;
  return {
    session_id: sessionId,
    job_id: request.job_id,
    epoch: request.epoch,
    installation_id: request.installation_id,
    vm: request.vm,
    vm_ref: vm.ref,
    instance_uuid: vm.instanceUuid,
    vm_uuid: vmUuid,
    planned_at: new Date(systemClock.now()).toISOString(),
    snapshot: 'planned',
    released_at: null,
    attempts: 0,
    last_error: null,
  };
}

/** The VM as it is now. @throws precondition `source.consolidation-needed` */
async function consolidated(context: PrepareContext, ref: ObjectRef): Promise<KnownVm> {
  const { session, preparing } = context;
  const { request, signal } = preparing;
  const again = async (): Promise<KnownVm> => {
    const vm = await readVm(session, ref, { signal });
    const { instanceUuid } = vm;
    if (instanceUuid === undefined) throw invalidRequest('source.vm-unreadable', `vcenter does not show ${request.vm}`);
    return { ...vm, instanceUuid };
  };
  const vm = await again();
  if (vm.isConsolidationNeeded !== true) return vm;
  await consolidateDisks(session, ref, { ...tasks(context), timeoutMs: CONSOLIDATE_MS });
  const after = await again();
  if (after.isConsolidationNeeded !== true) return after;
  throw precondition(
    'source.consolidation-needed',
    `the disks of ${request.vm} need consolidation, which did not help`,
    {
      hint: 'consolidate the disks of the VM in vcenter; a backup that still reads them keeps it from succeeding',
    },
  );
}

/** Why the changes up to the snapshot that follows were not tracked; null when they were. */
async function trackChanges(context: PrepareContext, vm: KnownVm, tag: SnapshotTag): Promise<Reason | null> {
  const { session, preparing } = context;
  const plan = planTracking(trackingFacts(vm));
  if (plan.step !== 'enable') return plan.fault;
  await setChangeTracking(session, vm.ref, { isEnabled: true, ...tasks(context) });
  if (vm.powerState !== 'poweredOff') {
    // It takes effect when the VM is stunned.
    const { ref } = await ask(context, vm.ref, { tag, quiesce: false });
    await removeSnapshot(session, ref, tasks(context));
  }
  const { changeTracking } = await readVm(session, vm.ref, { signal: preparing.signal });
  vmaLog.info({ vm: preparing.request.vm, isEnabled: changeTracking.isEnabled }, 'change tracking switched on');
  return changeTracking.isEnabled === true ? plan.fault : NOT_ENABLED;
}

const NOT_ENABLED: Reason = {
  code: 'cbt.not-enabled',
  text: 'change tracking was switched on, and vSphere says that it is still off',
};

/** All disks, at one moment. */
async function takeSnapshot(context: PrepareContext, vm: ObjectRef, tag: SnapshotTag): Promise<MadeSnapshot> {
  const { remover, preparing } = context;
  const made = await ask(context, vm, { tag, quiesce: true });
  await remover.note(preparing.sessionId, 'made');
  return made;
}

async function ask(
  context: PrepareContext,
  vm: ObjectRef,
  of: { readonly tag: SnapshotTag; readonly quiesce: boolean },
): Promise<MadeSnapshot> {
  const { session, remover, preparing } = context;
  const { tag, quiesce } = of;
  const spec = { name: snapshotName(tag), description: snapshotDescription(tag), quiesce };
  try {
    return await createSnapshot(session, vm, { ...spec, ...tasks(context) });
  } catch (thrown) {
    const { code } = toAppError(thrown);
    // vCenter has answered, and its answer was no.
    if (!preparing.signal.aborted && !UNCERTAIN_CODES.includes(code))
      await remover.note(preparing.sessionId, 'refused');
    throw thrown;
  }
}

/** After these a snapshot may be there, or may still come. */
const UNCERTAIN_CODES: readonly string[] = [
  'vsphere.unreachable',
  'vsphere.unavailable',
  'vsphere.bad-answer',
  'vsphere.task-timeout',
  'vsphere.closed',
  'internal',
];

const staleEpoch = (tag: SnapshotTag): Error =>
  conflict('session.stale-epoch', `job ${tag.jobId} already has a snapshot of epoch ${tag.epoch}`, {
    details: { job_id: tag.jobId, epoch: tag.epoch },
    hint: 'another worker has taken over this job; this one must stop',
  });
