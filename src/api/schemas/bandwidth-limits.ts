import { z } from 'zod';

/** 1 PiB per second: more than this is a slip of the finger. */
const BYTES_PER_S_MAX = 2 ** 50;

export const BytesPerS = z.int().min(0).max(BYTES_PER_S_MAX);

const limit = (description: string): z.ZodNullable<typeof BytesPerS> =>
  BytesPerS.nullable().meta({
    description: `${description}, bytes per second, at least 65536; 0: no limit; null: as each worker is configured`,
    example: 104_857_600,
  });

const LIMITS = {
  worker_bytes_per_s: limit('all jobs of one worker process together'),
  job_bytes_per_s: limit('all disks of one job together, where the replication has no limit of its own'),
  disk_bytes_per_s: limit('one disk'),
};

export const BandwidthLimits = z.object(LIMITS).meta({
  id: 'BandwidthLimits',
  description: 'how fast copies may read; of several limits the smallest holds',
});

export const ChangeBandwidthLimits = z
  .strictObject({
    worker_bytes_per_s: LIMITS.worker_bytes_per_s.optional(),
    job_bytes_per_s: LIMITS.job_bytes_per_s.optional(),
    disk_bytes_per_s: LIMITS.disk_bytes_per_s.optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'at least one limit is needed')
  .meta({
    id: 'ChangeBandwidthLimits',
    description: 'The limits to change; those that are not named stay as they are.',
    example: { worker_bytes_per_s: 104_857_600 },
  });
