import { z } from 'zod';
import { MINUTE } from '../../base/units.ts';
import { defineJob } from '../define-job.ts';

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
  title: (payload) => `${payload.action} volume ${payload.action === 'create' ? payload.name : payload.volumeId}`,
});
