import { z } from 'zod';

/** What the commands read of answers that have to do with volumes; see answers.ts. */

const Volume = z.looseObject({
  volume_id: z.string(),
  name: z.string(),
  vm_name: z.string().nullable(),
  disk_id: z.string().nullable(),
  size_bytes: z.number(),
  state: z.string(),
  attached_to: z.string().nullable(),
  oma_vm_name: z.string().nullable(),
  operation_mode: z.string().nullable(),
  device_path: z.string().nullable(),
  device_state: z.string().nullable(),
  findings: z.number(),
});
export type Volume = z.output<typeof Volume>;

const page = { count: z.number(), next_cursor: z.string().nullable() };

export const VolumePage = z.looseObject({ volumes: z.array(Volume), ...page });

const VolumeFinding = z.looseObject({
  volume_id: z.string(),
  kind: z.string(),
  name: z.string(),
  text: z.string(),
  next_step: z.string(),
  confirmed: z.boolean(),
  looks: z.number(),
  first_seen_at: z.string(),
});
export type VolumeFinding = z.output<typeof VolumeFinding>;

const Look = z.looseObject({
  ossea_config_id: z.number(),
  looked_at: z.string().nullable(),
  error: z.looseObject({ code: z.string(), text: z.string() }).nullable(),
});
export type Look = z.output<typeof Look>;

export const FindingPage = z.looseObject({ findings: z.array(VolumeFinding), looks: z.array(Look), ...page });

export const Adopted = z.looseObject({ volume_id: z.string(), vm_context_id: z.string(), disk_id: z.string() });
export const Removed = z.looseObject({ volume_id: z.string(), job_id: z.string() });

const Operation = z.looseObject({
  id: z.string(),
  type: z.string(),
  status: z.string(),
  volume_id: z.string().nullable(),
  error: z.string().nullable(),
  created_at: z.string(),
  completed_at: z.string().nullable(),
});
export type Operation = z.output<typeof Operation>;

export const OperationPage = z.looseObject({ operations: z.array(Operation), ...page });

const OmaVm = z.looseObject({
  vm_id: z.string(),
  name: z.string(),
  volume_daemon_url: z.string(),
  away: z.boolean(),
  last_seen_at: z.string(),
  slots: z.number(),
  foreign: z.number(),
  held: z.number(),
  idle: z.number(),
  in_use: z.number(),
});
export type OmaVm = z.output<typeof OmaVm>;

const SlotWait = z.looseObject({
  job_id: z.string(),
  slots: z.number(),
  waits_for: z.string(),
  place: z.number().nullable(),
});
export type SlotWait = z.output<typeof SlotWait>;

export const AttachSlots = z.looseObject({ oma_vms: z.array(OmaVm), waiting: z.array(SlotWait) });

export const ForgottenOmaVm = z.looseObject({
  message: z.string(),
  volumes: z.array(
    z.looseObject({ volume_id: z.string(), name: z.string(), found: z.string(), attached_to: z.string().nullable() }),
  ),
});
