import { z } from 'zod';
import { QUEUE_NAMES } from '../../queues/define-job.ts';
import { Count, JobStatus, NextCursor, Page, Time } from './fields.ts';
import { JobProgress } from './job-progress.ts';

export const Job = z
  .object({
    job_id: z.string(),
    parent_job_id: z.string().nullable(),
    job_type: z.string(),
    job_category: z.string(),
    operation: z.string(),
    queue: z.string().nullable(),
    context_id: z.string().nullable(),
    status: JobStatus,
    dispatch_state: z.string().nullable(),
    percent_complete: z.int().min(0).max(100).nullable(),
    attempt: Count,
    max_attempts: Count,
    not_before: Time.nullable().meta({ description: 'not tried again before this moment' }),
    cancel_requested_at: Time.nullable(),
    error_code: z.string().nullable(),
    error_message: z.string().nullable(),
    error_hint: z.string().nullable().meta({ description: 'what a person does next' }),
    created_at: Time,
    updated_at: Time,
    started_at: Time.nullable(),
    completed_at: Time.nullable(),
  })
  .meta({ id: 'Job' });

export const JobList = z.object({ count: Count, jobs: z.array(Job), next_cursor: NextCursor }).meta({ id: 'JobList' });

export const JobFilter = Page.extend({
  status: JobStatus.optional(),
  queue: z.enum(QUEUE_NAMES).optional(),
  context_id: z.string().min(1).max(64).optional(),
});

export const JobDetail = Job.extend({
  progress: JobProgress.nullable().meta({ description: 'how far it is; null for a job that copies no disks' }),
  steps: z.array(
    z.object({
      name: z.string(),
      seq: z.int(),
      status: z.enum(['running', 'completed', 'failed', 'skipped']),
      runs: Count.meta({ description: 'how often it was entered' }),
      started_at: Time,
      completed_at: Time.nullable(),
      undone_at: Time.nullable(),
      error_message: z.string().nullable(),
    }),
  ),
  children: z.array(z.object({ job_id: z.string(), operation: z.string(), status: JobStatus })),
}).meta({ id: 'JobDetail' });
