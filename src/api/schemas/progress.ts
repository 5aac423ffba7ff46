import { z } from 'zod';
import { Bytes, Percent, Time } from './fields.ts';

export const ProgressJobParam = z.object({
  job_id: z
    .string()
    .regex(/^\w[\w.-]{0,190}$/)
    .meta({ description: 'id of a replication' }),
});

/** What the VMA's progress store tells of a job; what else it says is passed on. */
export const VmaProgress = z
  .looseObject({
    job_id: z.string(),
    status: z.string(),
    sync_type: z.string().nullish(),
    phase: z.string().nullish(),
    percentage: Percent.nullish(),
    current_operation: z.string().nullish(),
    bytes_transferred: Bytes.nullish(),
    total_bytes: Bytes.nullish(),
    throughput: z.looseObject({ current_mbps: z.number().min(0).nullish() }).nullish(),
    timing: z
      .looseObject({ start_time: Time.nullish(), last_update: Time.nullish(), eta_seconds: z.number().nullish() })
      .nullish(),
    last_error: z.string().nullish(),
    disk_progresses: z
      .array(
        z.looseObject({
          disk_id: z.string(),
          bytes: Bytes.nullish(),
          total: Bytes.nullish(),
          percent: Percent.nullish(),
          status: z.string().nullish(),
        }),
      )
      .nullish(),
  })
  .meta({ id: 'VmaProgress' });
export type VmaProgress = z.output<typeof VmaProgress>;
