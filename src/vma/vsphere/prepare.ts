import { randomBytes } from 'node:crypto';
import { systemClock } from '../../base/clock.ts';
import { conflict, precondition } from '../../base/errors.ts';
import { vmaLog } from '../../base/logger.ts';
import { MINUTE } from '../../base/units.ts';
import type { SpaceLevels } from '../../domain/snapshot-space.ts';
import type { VsphereSession } from '../../vsphere/session.ts';
import { consolidateDisks } from '../../vsphere/snapshots.ts';
import type { ObjectRef } from '../../vsphere/soap/reference.ts';
import { readVm } from '../../vsphere/virtual-machine.ts';
import type { VcenterAccess } from '../contract.ts';
import type { VsphereRecord } from '../session/record.ts';
import type { PlaceFor, Preparing } from '../session/source-kind.ts';
import { hostIdOf, hostKey, type HostBudget, type Share } from './host-budget.ts';
import { datastoresOf, disksAsked, findSource, type KnownVm, requireSpace, requireUsable } from './preflight.ts';
import { recordOf } from './session-record.ts';
import type { SnapshotOrder } from './snapshot-order.ts';
import type { SnapshotRemover } from './snapshot-remover.ts';
import { readTag, type SnapshotTag } from './snapshot-tag.ts';
import { patiently, takeSnapshot, taskOptions, trackChanges } from './take-snapshot.ts';

/**
 * Making a session of kind `vsphere`: one snapshot of all disks, and what is to be known of it. From the order on, which
 * is durable before vSphere is asked for anything that stays, whatever happens leads to the removal of the snapshot.
 */

export interface PrepareSettings {
  readonly placeFor: PlaceFor;
  readonly levels: SpaceLevels;
  /** Whether what `*` names is believed to be all that was ever written. */
  readonly trustInUseMap: boolean;
  /** How often a task is looked at; default 1 s. */
  readonly pollMs?: number | undefined;
}

export interface PrepareContext {
  readonly settings: PrepareSettings;
  readonly remover: SnapshotRemover;
  readonly budget: HostBudget;
  readonly session: VsphereSession;
  readonly access: VcenterAccess;
  readonly preparing: Preparing;
}

/** Leftovers of somebody else's snapshots; the job cannot begin without. */
const CONSOLIDATE_MS = 2 * 60 * MINUTE;

/**
 * Errors: those of preflight.ts and of vSphere; conflict `session.stale-epoch`; busy `session.snapshot-leftover`,
 * `session.host-busy`.
 */
export async function prepareVsphere(context: PrepareContext): Promise<VsphereRecord> {
  const { session, preparing, settings } = context;
  const { request, signal } = preparing;
  const first = await findSource(session, request, { signal });
  const vmUuid = `${session.content.about.instanceUuid}/${first.instanceUuid}`.toLowerCase();
  await preparing.claimVm(vmUuid);
  requireUsable(first);
  const datastores = datastoresOf(disksAsked(first, request));
  await requireSpace(session, datastores, { levels: settings.levels, signal });
  const connections = context.budget.take(shareOf(context, first));
  await clearLeftovers(context, first, vmUuid);
  const order = orderFor(context, first, vmUuid);
  const tag = { installationId: order.installation_id, jobId: order.job_id, epoch: order.epoch };
  await context.remover.plan(order, context.access);
  const own = { ...context, tag, vmUuid };
  const vm = await patiently(own, () => consolidated(context, first.ref));
  const fault = await trackChanges(own, vm.ref);
  const snapshot = await takeSnapshot(own, vm.ref);
  const record = await recordOf(context, { vm, snapshot, fault, tag, vmUuid, datastores, connections });
  const { sessionId } = preparing;
  vmaLog.info({ sessionId, jobId: request.job_id, vm: request.vm, snapshot: snapshot.ref.id, fault }, 'snapshot taken');
  return record;
}

/** Before anything is done to the VM: a job that waits for its host holds no snapshot meanwhile. */
function shareOf({ session, preparing }: PrepareContext, vm: KnownVm): Share {
  const { sessionId, request } = preparing;
  const host = hostKey(session.content.about.instanceUuid, hostIdOf(vm));
  return { sessionId, host, disks: request.disks.length };
}

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
    asked_at: new Date(systemClock.now()).toISOString(),
    snapshot: 'none',
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
    if (instanceUuid === undefined) throw inaccessible(request.vm);
    return { ...vm, instanceUuid };
  };
  const vm = await again();
  if (vm.isConsolidationNeeded !== true) return vm;
  await consolidateDisks(session, ref, { ...taskOptions(context), timeoutMs: CONSOLIDATE_MS });
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

const inaccessible = (vm: string): Error =>
  precondition('source.vm-inaccessible', `vcenter does not show the configuration of ${vm} any more`, {
    hint: 'its host may have gone away',
  });

const staleEpoch = (tag: SnapshotTag): Error =>
  conflict('session.stale-epoch', `job ${tag.jobId} already has a snapshot of epoch ${tag.epoch}`, {
    details: { job_id: tag.jobId, epoch: tag.epoch },
    hint: 'another worker has taken over this job; this one must stop',
  });
