import { systemClock } from '../../base/clock.ts';
import { conflict, notFound } from '../../base/errors.ts';
import type { Reason } from '../../domain/cbt/reason.ts';
import type { VirtualDisk } from '../../vsphere/inventory/disks.ts';
import { hasReverted } from '../../vsphere/reverts.ts';
import { listSnapshots, type MadeSnapshot, readSnapshotDisks } from '../../vsphere/snapshots.ts';
import type { ObjectRef } from '../../vsphere/soap/reference.ts';
import type { VmFacts } from '../contract.ts';
import { exportUri, placeOf } from '../session/disk-export.ts';
import type { VsphereDisk, VsphereRecord } from '../session/record.ts';
import { REQUEST_BYTES_MAX } from './disk-server.ts';
import { diskFacts, diskIdOf, requireServable } from './facts.ts';
import { hostIdOf } from './host-budget.ts';
import type { KnownVm } from './preflight.ts';
import type { PrepareContext } from './prepare.ts';
import { type SnapshotTag, tagLine } from './snapshot-tag.ts';

/** The session of a snapshot that was just taken: read once from the snapshot's own configuration. */

export interface Taken {
  readonly vm: KnownVm;
  readonly snapshot: MadeSnapshot;
  readonly fault: Reason | null;
  readonly tag: SnapshotTag;
  readonly vmUuid: string;
  readonly datastores: readonly ObjectRef[];
  /** For each disk. */
  readonly connections: number;
}

/** Errors: not-found `source.disk-unknown` for a disk that went just now; upstream `source.disk-unreadable`; those of calls. */
export async function recordOf(context: PrepareContext, taken: Taken): Promise<VsphereRecord> {
  const { session, preparing } = context;
  const { request, sessionId, signal } = preparing;
  const found = await readSnapshotDisks(session, taken.snapshot.ref, { signal });
  const disks = request.disks.map((asked, index) => {
    const disk = found.find((one) => diskIdOf(one) === asked.disk_id);
    if (disk === undefined) throw notFound('source.disk-unknown', `the snapshot has no disk ${asked.disk_id}`);
    return diskOf(context, { disk: requireServable(disk), index, taken });
  });
  return {
    session_id: sessionId,
    job_id: request.job_id,
    epoch: request.epoch,
    kind: 'vsphere',
    vm: request.vm,
    vm_uuid: taken.vmUuid,
    installation_id: request.installation_id,
    snapshot: tagLine(taken.tag),
    created_at: new Date(systemClock.now()).toISOString(),
    disks,
    facts: await vmFacts(context, taken, found),
    datastores: taken.datastores.map(({ type, id }) => ({ type, id })),
  };
}

async function vmFacts(context: PrepareContext, taken: Taken, found: readonly VirtualDisk[]): Promise<VmFacts> {
  const { session, preparing } = context;
  const { request, signal } = preparing;
  const { vm, snapshot } = taken;
  const all = await listSnapshots(session, vm.ref, { signal });
  if (!all.some(({ ref }) => ref.id === snapshot.ref.id)) throw snapshotGone(preparing.sessionId);
  const { since } = request;
  const isReverted =
    typeof since === 'string' && (await hasReverted(session, vm.ref, { since: new Date(since), signal }));
  const asked = new Set(request.disks.map((disk) => disk.disk_id));
  return {
    vcenter_uuid: session.content.about.instanceUuid,
    instance_uuid: vm.instanceUuid,
    vm_ref: vm.ref.id,
    snapshot_ref: snapshot.ref.id,
    other_snapshot_ids: all.map(({ ref }) => ref.id).filter((id) => id !== snapshot.ref.id),
    has_reverted: isReverted === true,
    tracking_fault: taken.fault,
    is_quiesced: snapshot.isQuiesced,
    other_disk_ids: found.map(diskIdOf).filter((id) => !asked.has(id)),
  };
}

function diskOf(
  { settings, preparing }: PrepareContext,
  { disk, index, taken }: { disk: VirtualDisk; index: number; taken: Taken },
): VsphereDisk {
  const { request, sessionId } = preparing;
  const diskId = diskIdOf(disk);
  const place = settings.placeFor(sessionId, index);
  const exportName = `${sessionId}-${diskId}`;
  const uri = exportUri(exportName, placeOf(place));
  const changeId = disk.backing.changeId ?? null;
  return {
    disk_id: diskId,
    capacity_bytes: disk.capacityBytes,
    change_id: changeId,
    ...answering(changeId, request.disks[index]?.change_id ?? null),
    uris: place.port === null ? { unix: uri } : { tcp: uri },
    export_name: exportName,
    limits: {
      host: hostIdOf(taken.vm),
      max_request_bytes: REQUEST_BYTES_MAX,
      max_connections: taken.connections,
    },
    facts: diskFacts(disk, settings.trustInUseMap),
    ...place,
  };
}

/** What areas without `of` are about. Whether they can be believed is for the guard to say. */
export function answering(
  changeId: string | null,
  asked: string | null,
): Pick<VsphereDisk, 'mode' | 'full_reason' | 'asked_change_id'> {
  if (asked === null) return { mode: 'full', full_reason: null, asked_change_id: null };
  if (changeId !== null) return { mode: 'incremental', full_reason: null, asked_change_id: asked };
  return { mode: 'full', full_reason: 'vSphere gives no changeId for this disk', asked_change_id: asked };
}

export const snapshotGone = (sessionId: string): Error =>
  conflict('session.snapshot-gone', `somebody has removed the snapshot of session ${sessionId}`, {
    details: { session_id: sessionId },
    hint: 'the job begins anew with a new snapshot; find out who removes snapshots that are named migratekit-...',
  });
