import { z } from 'zod';

/** The wire of the progress store: what a data mover reports, and what a poller reads. Rates are bytes per second. */

/** As many disks as a report may name: more than a VM can have. */
export const DISKS_MAX = 256;

const numbers = {
  status: z.enum(['queued', 'running', 'completed', 'failed']).optional(),
  bytes_transferred: z.int().min(0).optional(),
  total_bytes: z.int().min(0).optional(),
  throughput_bps: z.number().min(0).optional(),
  percent: z.number().min(0).max(100).optional(),
};
const diskId = z.string().min(1).max(191);

export const ProgressUpdate = z.object({
  ...numbers,
  stage: z.string().min(1).max(100).optional(),
  /** The numbers are this disk's; without it they are the job's. */
  disk_id: diskId.optional(),
  /** Numbers of single disks, beside those of the job. */
  disks: z
    .array(z.object({ ...numbers, disk_id: diskId }))
    .max(DISKS_MAX)
    .optional(),
  /** Time that is left, seconds, as the mover sees it: bytes alone say nothing of the zeros that are ahead. */
  eta_seconds: z.int().min(0).optional(),
  sync_type: z.enum(['full', 'incremental']).optional(),
  error_message: z.string().max(2000).optional(),
});
export type ProgressUpdate = z.output<typeof ProgressUpdate>;
/** One disk of a report. */
export type DiskUpdate = NonNullable<ProgressUpdate['disks']>[number];
export type ProgressStatus = NonNullable<ProgressUpdate['status']>;

export const ProgressUpdated = z.object({ job_id: z.string(), status: z.string() });

const status = z.enum(['queued', 'running', 'completed', 'failed']);

export const Progress = z.object({
  job_id: z.string(),
  status,
  sync_type: z.enum(['full', 'incremental']).nullable(),
  phase: z.string(),
  percentage: z.number(),
  current_operation: z.string(),
  bytes_transferred: z.int(),
  total_bytes: z.int(),
  /** MiB per second. */
  throughput: z.object({
    current_mbps: z.number(),
    average_mbps: z.number(),
    peak_mbps: z.number(),
    last_update: z.string(),
  }),
  timing: z.object({
    start_time: z.string(),
    last_update: z.string(),
    elapsed_ms: z.int(),
    /** At most a day; 0 when it cannot be told. */
    eta_seconds: z.int(),
    phase_start: z.string(),
    phase_elapsed_ms: z.int(),
  }),
  vm_info: z.object({
    name: z.string(),
    path: z.string(),
    disk_size_gb: z.number(),
    disk_size_bytes: z.int(),
    cbt_enabled: z.boolean(),
  }),
  phases: z.array(z.object({ name: z.string(), status: z.string(), start: z.string(), end: z.string().nullable() })),
  errors: z.array(z.string()),
  last_error: z.string().nullable(),
  disk_progresses: z.array(
    z.object({
      disk_id: z.string(),
      label: z.string(),
      bytes: z.int(),
      total: z.int(),
      percent: z.number(),
      throughput_mbps: z.number(),
      status,
    }),
  ),
});
export type Progress = z.output<typeof Progress>;
