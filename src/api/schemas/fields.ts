import { z } from 'zod';

/** Fields that mean the same in every answer. */

/** UTC with milliseconds: 2026-01-14T09:30:00.000Z */
export const Time = z.iso.datetime().meta({ description: 'UTC', example: '2026-01-14T09:30:00.000Z' });
export const Percent = z.number().min(0).max(100).meta({ description: 'percent, 0 to 100' });
export const Count = z.int().min(0);
export const Bytes = z.int().min(0).meta({ description: 'bytes' });

export const JobStatus = z.enum(['pending', 'running', 'completed', 'failed', 'cancelled']);
export const ContextStatus = z.enum([
  'discovered',
  'replicating',
  'ready_for_failover',
  'failed_over_test',
  'failed_over_live',
  'completed',
  'failed',
  'cleanup_required',
]);

export const JobIdParam = z.object({
  id: z.string().min(1).max(191).meta({ description: 'id of a job', example: 'job-20260114-093000.123-a1b2c3' }),
});

/** Query of a list: at most `limit` rows, from where the last page ended. */
export const Page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).optional().meta({ description: 'rows per page, at most 1000' }),
  cursor: z.string().min(1).max(500).optional().meta({ description: 'next_cursor of the page before' }),
});

export const NextCursor = z.string().nullable().meta({ description: 'cursor of the next page; null on the last one' });

export const Problem = z
  .object({
    type: z.string().meta({ example: 'urn:migratekit:problem:replication.active' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string().meta({ description: 'stable; what programs match on', example: 'replication.active' }),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    request_id: z.string(),
    hint: z.string().optional().meta({ description: 'what a person does next' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem document' });

export const IdempotencyHeader = z.object({
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(191)
    .optional()
    .meta({ description: 'the same request under the same key is done once; kept for 24 hours' }),
});
