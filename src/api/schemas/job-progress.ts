import { z } from 'zod';
import { Bytes, JobStatus, orNull, Percent } from './fields.ts';

const Bps = z.int().min(0);

export const DiskProgress = z
  .object({
    disk_id: z.string().meta({ description: 'id of the disk at its source', example: 'disk-2000' }),
    label: z.string().nullable().meta({ description: 'name of the disk for people', example: 'Hard disk 1' }),
    percent: Percent.meta({ description: 'of this disk, percent; below 100 until everything is flushed' }),
    bytes_transferred: Bytes.meta({ description: 'bytes of data that went over the wire in this cycle' }),
    total_bytes: Bytes.meta({ description: 'bytes of the areas that this cycle has to look at, not the capacity' }),
    status: z.string().meta({ description: 'pending, syncing, completed or failed', example: 'syncing' }),
  })
  .meta({ id: 'DiskProgress', description: 'how far one disk is' });

/** Rates, time left and disks: in every view of a transfer. */
export const Pace = {
  current_bps: Bps.meta({
    description: 'data over the last seconds, bytes per second; 0 when nothing runs',
    example: 12_013_439,
  }),
  average_bps: Bps.meta({
    description: 'data since the transfer of this attempt began, bytes per second',
    example: 11_500_000,
  }),
  eta_seconds: z.int().min(0).nullable().meta({
    description: 'seconds until the transfer ends at the pace of the last minute; null when unknown',
    example: 1631,
  }),
  verifying: orNull(
    z.object({
      bytes_read: Bytes.meta({ description: 'bytes of the target that were read again and compared in this pass' }),
      bytes_total: Bytes.nullable().meta({ description: 'bytes that this pass will compare; null when unknown' }),
    }),
    'how far the verification is, of all disks that are verified now; null while nothing is verified',
  ),
  bandwidth_in_force_bytes_per_s: Bps.nullable().meta({
    description:
      "the smaller one of the job's limit and its worker's, bytes per second; null when there is none, or nothing runs",
    example: 52_428_800,
  }),
  disks: z.array(DiskProgress).meta({ description: 'one entry per disk, in the order of their ids' }),
};

export const JobProgress = z
  .object({
    job_id: z.string().meta({ description: 'id of the job', example: 'job-20260114-093000.123-a1b2c3' }),
    status: JobStatus.meta({ description: 'state of the job' }),
    percent: Percent.meta({
      description:
        'percent, from bytes: copied, written as zeros or found done, of all that has to be gone through. Never ' +
        'goes back; 100 is said when the cycle is committed',
      example: 49.3,
    }),
    current_operation: z.string().nullable().meta({
      description: 'for people: Transferring Data, Verifying, what it waits for',
      example: 'Transferring Data',
    }),
    bytes_transferred: Bytes.meta({ description: 'bytes of data that went over the wire in this cycle' }),
    total_bytes: Bytes.meta({ description: 'bytes in use or changed: what the cycle has to look at' }),
    ...Pace,
  })
  .meta({ id: 'JobProgress', description: 'how far a job is that copies disks; rates in bytes per second' });
export type JobProgress = z.output<typeof JobProgress>;
