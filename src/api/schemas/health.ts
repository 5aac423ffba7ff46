import { z } from 'zod';

export const Health = z
  .object({
    status: z
      .enum(['healthy', 'degraded'])
      .meta({ description: 'degraded: the process lives, the database does not answer' }),
    uptime: z.number().min(0).meta({ description: 'seconds since this process started' }),
    version: z.string(),
    database: z.enum(['ok', 'unreachable']),
  })
  .meta({ id: 'Health' });

export const Live = z.object({ status: z.literal('live') }).meta({ id: 'Live' });
export const Ready = z.object({ status: z.literal('ready') }).meta({ id: 'Ready' });
