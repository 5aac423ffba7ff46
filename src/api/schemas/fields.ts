import { z } from 'zod';
import { CONTEXT_STATUSES } from '../../domain/context-status.ts';

/** Fields that mean the same in every answer, and makers of fields that differ in their meaning only. */

const EXAMPLE_JOB = 'job-20260114-093000.123-a1b2c3';
const EXAMPLE_CONTEXT = 'ctx-web01-20260101-120000';
const EXAMPLE_TIME = '2026-01-14T09:30:00.000Z';

/** UTC with milliseconds: 2026-01-14T09:30:00.000Z */
export const Time = z.iso.datetime().meta({ description: 'UTC', example: EXAMPLE_TIME });
export const Percent = z.number().min(0).max(100).meta({ description: 'percent, 0 to 100', example: 49.31 });
const Count = z.int().min(0).meta({ description: 'a number of things', example: 2 });
export const Bytes = z.int().min(0).meta({ description: 'bytes', example: 38_654_705_664 });

export const text = (description: string, example: string): z.ZodString => z.string().meta({ description, example });
export const time = (description: string): typeof Time => Time.meta({ description: `${description}, UTC` });
export const percent = (description: string): typeof Percent =>
  Percent.meta({ description: `${description}, percent`, example: 49.31 });
export const count = (description: string, example: number): typeof Count => Count.meta({ description, example });
export const bytes = (description: string, example = 38_654_705_664): typeof Bytes =>
  Bytes.meta({ description: `${description}, bytes`, example });
export const rate = (description: string): typeof Bytes =>
  Bytes.meta({ description: `${description}, bytes per second`, example: 12_013_439 });
export const seconds = (description: string, example: number): typeof Count =>
  Count.meta({ description: `${description}, seconds`, example });
export const flag = (description: string): z.ZodBoolean => z.boolean().meta({ description, example: true });

/** A described object or null, of an answer: `.nullable()` would repeat the object instead of naming it. */
export const orNull = <S extends z.ZodType>(schema: S, description: string): z.ZodUnion<readonly [S, z.ZodNull]> =>
  z.union([schema, z.null()]).meta({ description });

export const jobId = (description: string): z.ZodString => text(description, EXAMPLE_JOB);
export const contextId = (description: string): z.ZodString => text(description, EXAMPLE_CONTEXT);

export const Hint = text('what a person does next', 'check that the VMA runs and is reachable');
export const ErrorCode = text('stable name of the error; what programs match on', 'vma.unreachable');

export const JobStatus = z.enum(['pending', 'running', 'completed', 'failed', 'cancelled']).meta({
  description:
    'pending: waits for a worker; running: a worker has it, or it waits for a next attempt; the others end it',
  example: 'running',
});
export const ContextStatus = z
  .enum(CONTEXT_STATUSES)
  .meta({ description: 'where the VM stands between discovery and the new cloud', example: 'ready_for_failover' });

export const JobIdParam = z.object({ id: jobId('id of a job').min(1).max(191) });

/** Query of a list: at most `limit` rows, from where the last page ended. */
export const Page = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .optional()
    .meta({ description: 'rows per page, at most 1000', example: 200 }),
  cursor: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .meta({ description: 'next_cursor of the page before', example: 'WyJ3ZWIwMSIsImN0eC13ZWIwMSJd' }),
});

export const NextCursor = text('cursor of the next page; null on the last one', 'WyJ3ZWIwMSJd').nullable();
export const Total = count('all rows that match, not only this page', 2);

const BadField = z.object({
  path: text('the field, parts joined by dots', 'source_vm.disks.0.id'),
  message: text('what is wrong with it', 'is needed'),
});

export const Problem = z
  .object({
    type: text('URI of the code', 'urn:migratekit:problem:context.busy'),
    title: text('what the status means', 'Conflict'),
    status: z.int().meta({ description: 'the HTTP status', example: 409 }),
    detail: text('what happened', `job ${EXAMPLE_JOB} is active for this VM`),
    instance: text('path of the request', '/api/v1/replications'),
    code: text('stable; what programs match on', 'context.busy'),
    errors: z.array(BadField).optional().meta({ description: 'each field that does not fit' }),
    request_id: text('finds the lines of this request in the logs', '0b0f3c1e-6d0f-4b0e-9a39-0a9be5a4b7b1'),
    hint: text('what a person does next', 'wait for it to end, or cancel it').optional(),
    retry: z
      .literal('later')
      .optional()
      .meta({ description: 'the same request will do when what it waits for is free', example: 'later' }),
  })
  .meta({ id: 'Problem', description: 'Why a request was refused: a problem document (RFC 9457)' });

export const IdempotencyHeader = z.object({
  'Idempotency-Key': z.string().min(1).max(191).optional().meta({
    description: 'the same request under the same key is done once; kept for 24 hours',
    example: 'web01-monday',
  }),
});
