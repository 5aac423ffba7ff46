import { z } from 'zod';
import type { AppError } from '../../base/errors.ts';
import { MINUTE } from '../../base/units.ts';
import { findJob } from '../../db/stores/job-rows.ts';
import {
  beginOperation,
  findOperation,
  insertOperation,
  noteOperationError,
  settleOperation,
} from '../../db/stores/volume-operation-store.ts';
import { endSnapshotWork } from '../../db/stores/volume-snapshot-store.ts';
import { Conversion } from '../../domain/failover/conversion.ts';
import { defineJob, type Settled, type Transaction } from '../define-job.ts';

/** One change to one CloudStack volume, worked off by the volume daemon, because only its host sees the devices. */
export const VolumeAction = z.discriminatedUnion('action', [
  z.object({
    action: z.literal('create'),
    /** Unique per (context, disk): a repeated create finds the first volume by it. */
    name: z.string().min(1),
    sizeGb: z.int().positive(),
    diskOfferingId: z.string().min(1),
    zoneId: z.string().min(1),
    contextId: z.string().nullable(),
    /** Of the caller, shown with the operation and used for nothing. */
    metadata: z.record(z.string(), z.json()).optional(),
  }),
  z.object({
    action: z.literal('attach'),
    volumeId: z.string().min(1),
    vmId: z.string().min(1),
    /** 0 attaches as root disk; without it CloudStack chooses. */
    deviceId: z.int().min(0).optional(),
  }),
  z.object({ action: z.literal('detach'), volumeId: z.string().min(1) }),
  z.object({ action: z.literal('delete'), volumeId: z.string().min(1) }),
  /** To at least this size; never smaller. */
  z.object({ action: z.literal('resize'), volumeId: z.string().min(1), sizeGb: z.int().positive() }),
  z.object({
    action: z.literal('snapshot'),
    volumeId: z.string().min(1),
    /** Unique per volume: a repeated snapshot finds the first by it. */
    name: z.string().min(1),
  }),
  z.object({ action: z.literal('revert'), volumeId: z.string().min(1), snapshotId: z.string().min(1) }),
  /** The VM's failover takes it, or gives it back; where it is attached stays as it is. */
  z.object({ action: z.literal('hand-over'), volumeId: z.string().min(1), mode: z.enum(['failover', 'oma']) }),
  /** All volumes of one VM, in unit order, each with a snapshot to go back to. */
  z.object({
    action: z.literal('convert'),
    volumeIds: z.array(z.string().min(1)).min(1),
    /** What the source says about the guest (guestId, or its full name); null where it says nothing. */
    osHint: z.string().nullable(),
    firmware: z.enum(['bios', 'uefi']),
  }),
  z.object({ action: z.literal('delete-snapshot'), volumeId: z.string().min(1), snapshotId: z.string().min(1) }),
  z.object({
    action: z.literal('cleanup'),
    testVmId: z.string().min(1),
    volumeIds: z.array(z.string().min(1)).min(1),
    omaVmId: z.string().min(1),
    deleteVm: z.boolean(),
    /** Also a VM that no row of ours knows as the VM of these volumes. */
    force: z.boolean(),
  }),
]);
export type VolumeAction = z.output<typeof VolumeAction>;

export const VolumeResult = z.object({
  /** Of a cleanup: the first of its volumes. */
  volumeId: z.string(),
  /** Linux device while attached to the OMA, else null. */
  devicePath: z.string().nullable(),
  deviceId: z.int().nullable(),
  sizeBytes: z.int().nullable(),
  /** What a person should know although the job completed: CloudStack refused to delete an attached volume. */
  warning: z.string().nullable(),
  /** The one that was made, reverted to or deleted. */
  snapshotId: z.string().optional(),
  /** Of a conversion. */
  conversion: Conversion.optional(),
});
export type VolumeResult = z.output<typeof VolumeResult>;

export const attachVolume = defineJob({
  name: 'attach-volume',
  queue: 'attach-volume',
  jobType: 'volume_daemon',
  jobCategory: 'system',
  idPrefix: 'volume',
  payload: VolumeAction,
  result: VolumeResult,
  maxAttempts: 5,
  stopsWithinMs: 1 * MINUTE,
  // Every action looks first, in CloudStack and in our rows. Only the volume daemon takes these jobs, and a replication
  // that is cancelled must not wait for a daemon that is away.
  cancelsUnheld: true,
  title: titleOf,
  rows: { begun, waits, settled },
});

function titleOf(payload: VolumeAction): string {
  switch (payload.action) {
    case 'create':
      return `create volume ${payload.name}`;
    case 'resize':
      return `resize volume ${payload.volumeId} to ${payload.sizeGb} GiB`;
    case 'snapshot':
      return `snapshot ${payload.name} of volume ${payload.volumeId}`;
    case 'revert':
      return `revert volume ${payload.volumeId} to snapshot ${payload.snapshotId}`;
    case 'delete-snapshot':
      return `delete snapshot ${payload.snapshotId} of volume ${payload.volumeId}`;
    case 'hand-over':
      return `hand volume ${payload.volumeId} over to ${payload.mode === 'oma' ? 'the appliance' : 'a failover'}`;
    case 'convert':
      return `convert the guest on volume ${payload.volumeIds[0] ?? ''}`;
    case 'cleanup':
      return `clean up after test VM ${payload.testVmId}`;
    case 'attach':
    case 'detach':
    case 'delete':
      return `${payload.action} volume ${payload.volumeId}`;
  }
}

/**
 * The volume_operations row of a job that is being submitted: pass it as `domainRows`. Without it the row appears when
 * a worker takes the job.
 */
export function volumeOperation(payload: VolumeAction): (trx: Transaction, jobId: string) => Promise<void> {
  return (trx, jobId) =>
    insertOperation(trx, {
      id: jobId,
      type: payload.action,
      volumeId: volumeOf(payload),
      vmId: vmOf(payload),
      request: requestOf(payload),
    });
}

function volumeOf(payload: VolumeAction): string | null {
  if (payload.action === 'create') return null;
  if (payload.action === 'cleanup' || payload.action === 'convert') return payload.volumeIds[0] ?? null;
  return payload.volumeId;
}

function vmOf(payload: VolumeAction): string | null {
  if (payload.action === 'attach') return payload.vmId;
  return payload.action === 'cleanup' ? payload.testVmId : null;
}

function requestOf(payload: VolumeAction): Record<string, unknown> {
  switch (payload.action) {
    case 'create':
      return {
        name: payload.name,
        size_gb: payload.sizeGb,
        disk_offering_id: payload.diskOfferingId,
        zone_id: payload.zoneId,
        vm_context_id: payload.contextId,
        ...(payload.metadata === undefined ? {} : { metadata: payload.metadata }),
      };
    case 'attach':
      return { volume_id: payload.volumeId, vm_id: payload.vmId, device_id: payload.deviceId ?? null };
    case 'detach':
    case 'delete':
      return { volume_id: payload.volumeId };
    case 'resize':
      return { volume_id: payload.volumeId, size_gb: payload.sizeGb };
    case 'snapshot':
      return { volume_id: payload.volumeId, name: payload.name };
    case 'revert':
    case 'delete-snapshot':
      return { volume_id: payload.volumeId, snapshot_id: payload.snapshotId };
    case 'hand-over':
      return { volume_id: payload.volumeId, mode: payload.mode };
    case 'convert':
      return { volume_ids: payload.volumeIds, os_hint: payload.osHint, firmware: payload.firmware };
    case 'cleanup':
      return {
        test_vm_id: payload.testVmId,
        volume_ids: payload.volumeIds,
        oma_vm_id: payload.omaVmId,
        delete_vm: payload.deleteVm,
        force_clean: payload.force,
      };
  }
}

async function begun(trx: Transaction, jobId: string): Promise<void> {
  await ensure(trx, jobId);
  await beginOperation(trx, jobId);
}

async function waits(trx: Transaction, jobId: string, error: AppError): Promise<void> {
  await ensure(trx, jobId);
  await noteOperationError(trx, jobId, lineOf(error));
}

async function settled(trx: Transaction, jobId: string, outcome: Settled<VolumeResult>): Promise<void> {
  await ensure(trx, jobId);
  if (outcome.status !== 'completed') {
    const operation = await findOperation(trx, jobId);
    await settleOperation(trx, jobId, { status: outcome.status, error: lineOf(outcome.error) });
    const isSnapshotWork = operation?.type === 'snapshot' || operation?.type === 'revert';
    if (isSnapshotWork && operation.volumeId !== null) await endSnapshotWork(trx, operation.volumeId);
    return;
  }
  const { volumeId, devicePath, deviceId, sizeBytes, warning, snapshotId } = outcome.result;
  const operation = await findOperation(trx, jobId);
  const request = Object(operation?.request) as Record<string, unknown>;
  await settleOperation(trx, jobId, {
    status: 'completed',
    volumeId,
    response: {
      volume_id: volumeId,
      ...(operation?.type === 'create' ? { name: request['name'] } : {}),
      ...(operation?.type === 'attach' ? { vm_id: operation.vmId } : {}),
      device_path: devicePath,
      device_id: deviceId,
      size: sizeBytes,
      ...(snapshotId === undefined ? {} : { snapshot_id: snapshotId }),
      ...(warning === null ? {} : { warning }),
    },
  });
}

const lineOf = (error: AppError): string => `${error.message} (${error.code})`;

/** Children are submitted without the row: the row of the ledger tells all that it needs. */
async function ensure(trx: Transaction, jobId: string): Promise<void> {
  if ((await findOperation(trx, jobId)) !== undefined) return;
  const job = await findJob(trx, jobId);
  const payload = VolumeAction.safeParse(JSON.parse(job?.payloadJson ?? 'null'));
  if (payload.success) await volumeOperation(payload.data)(trx, jobId);
}
