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
]);
export type VolumeAction = z.output<typeof VolumeAction>;

export const VolumeResult = z.object({
  volumeId: z.string(),
  /** Linux device while attached to the OMA, else null. */
  devicePath: z.string().nullable(),
  deviceId: z.int().nullable(),
  sizeBytes: z.int().nullable(),
  /** What a person should know although the job completed: CloudStack refused to delete an attached volume. */
  warning: z.string().nullable(),
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
  title: (payload) => `${payload.action} volume ${payload.action === 'create' ? payload.name : payload.volumeId}`,
  rows: { begun, waits, settled },
});

/**
 * The volume_operations row of a job that is being submitted: pass it as `domainRows`. Without it the row appears when
 * a worker takes the job.
 */
export function volumeOperation(payload: VolumeAction): (trx: Transaction, jobId: string) => Promise<void> {
  return (trx, jobId) =>
    insertOperation(trx, {
      id: jobId,
      type: payload.action,
      volumeId: payload.action === 'create' ? null : payload.volumeId,
      vmId: payload.action === 'attach' ? payload.vmId : null,
      request: requestOf(payload),
    });
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
      };
    case 'attach':
      return { volume_id: payload.volumeId, vm_id: payload.vmId, device_id: payload.deviceId ?? null };
    case 'detach':
    case 'delete':
      return { volume_id: payload.volumeId };
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
    await settleOperation(trx, jobId, { status: outcome.status, error: lineOf(outcome.error) });
    return;
  }
  const { volumeId, devicePath, deviceId, sizeBytes, warning } = outcome.result;
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
