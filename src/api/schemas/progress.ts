import { z } from 'zod';
import { bytes, percent, text, time } from './fields.ts';

export const ProgressJobParam = z.object({
  job_id: z
    .string()
    .regex(/^\w[\w.-]{0,190}$/)
    .meta({ description: 'id of a replication', example: 'job-20260114-093000.123-a1b2c3' }),
});

const Throughput = z
  .looseObject({
    current_mbps: z.number().min(0).nullish().meta({ description: 'rate now, MiB per second', example: 11.46 }),
  })
  .meta({ description: 'how fast it goes' });

const Timing = z
  .looseObject({
    start_time: time('when it began').nullish(),
    last_update: time('when this was reported').nullish(),
    eta_seconds: z.number().nullish().meta({ description: 'time that is left, seconds', example: 1631 }),
  })
  .meta({ description: 'when it began, and what is left' });

const DiskProgress = z
  .looseObject({
    disk_id: text('the disk', 'disk-2000'),
    label: text('name of the disk for people; its id where the VMA tells', 'Hard disk 1').nullish(),
    bytes: bytes('data of this disk that went over the wire in this cycle', 19_058_917_376).nullish(),
    total: bytes('areas of this disk that the cycle has to look at, not its capacity').nullish(),
    percent: percent('done, of all that has to be gone through: zeros count').nullish(),
    throughput_mbps: z
      .number()
      .min(0)
      .nullish()
      .meta({ description: 'rate of this disk now, MiB per second; only from the VMA', example: 5.2 }),
    status: text('how it stands: running or completed from the VMA, else pending, syncing, ...', 'running').nullish(),
  })
  .meta({ description: 'how far one disk is' });

/** What the VMA's progress store tells of a job; what else it says is passed on. */
export const VmaProgress = z
  .looseObject({
    job_id: text('id of the job', 'job-20260114-093000.123-a1b2c3'),
    status: text('how the job stands', 'running'),
    sync_type: text('initial, incremental or full', 'incremental').nullish(),
    phase: text('what is done now, as a word', 'transferring').nullish(),
    percentage: percent('done, of all that has to be gone through: zeros count').nullish(),
    current_operation: text('what is done now', 'Transferring Data').nullish(),
    bytes_transferred: bytes('data that went over the wire in this cycle', 19_058_917_376).nullish(),
    total_bytes: bytes('areas in use or changed: what the cycle has to look at').nullish(),
    throughput: Throughput.nullish(),
    timing: Timing.nullish(),
    last_error: text('what went wrong last', 'the export does not answer').nullish(),
    disk_progresses: z.array(DiskProgress).nullish().meta({ description: 'one entry per disk' }),
  })
  .meta({ id: 'VmaProgress', description: 'progress in the shape of the VMA; it may say more' });
export type VmaProgress = z.output<typeof VmaProgress>;
