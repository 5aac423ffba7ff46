import { z } from 'zod';
import { QUEUE_NAMES } from '../../queues/define-job.ts';
import {
  contextId,
  count,
  ErrorCode,
  Hint,
  jobId,
  JobStatus,
  NextCursor,
  orNull,
  Page,
  text,
  time,
  Total,
} from './fields.ts';
import { JobProgress } from './job-progress.ts';

/** Values of job_tracking.job_type: the seed's. */
const JobType = z
  .enum([
    'cleanup',
    'failover',
    'migration',
    'cloudstack',
    'volume_daemon',
    'linstor',
    'virtio',
    'ossea',
    'scheduler',
    'discovery',
    'bulk-operations',
    'group-management',
    'conflict-detection',
    'phantom-detection',
    'schedule_management',
    'schedule_control',
  ])
  .meta({ description: 'kind of work; migration is a replication', example: 'migration' });

const Queue = z.enum(QUEUE_NAMES).meta({ description: 'queue that carries it', example: 'replicate' });
const Operation = text('name of the job, which names its processor', 'replicate');

export const Job = z
  .object({
    job_id: jobId('id of the job'),
    parent_job_id: jobId('the job that asked for this one').nullable(),
    job_type: JobType,
    job_category: text('replication, failover, system, ...', 'replication'),
    operation: Operation,
    queue: text('queue that carries it', 'replicate').nullable(),
    context_id: contextId('the VM that it is about').nullable(),
    status: JobStatus,
    dispatch_state: text(
      'on its way to a worker: queued, dispatched (Redis has it), claimed (a worker has it), waiting (for a job of ' +
        'its own), retry_wait (for its next attempt), closed',
      'claimed',
    ).nullable(),
    percent_complete: z
      .int()
      .min(0)
      .max(100)
      .nullable()
      .meta({ description: 'how much of it is done, percent; null when it does not say', example: 49 }),
    attempt: count('attempts that began', 1),
    max_attempts: count('attempts after which it fails for good', 20),
    not_before: time('not tried again before this moment').nullable(),
    cancel_requested_at: time('when somebody asked to cancel it').nullable(),
    error_code: ErrorCode.nullable(),
    error_message: text('what went wrong', 'the VMA does not answer').nullable(),
    error_hint: Hint.nullable(),
    created_at: time('when it was accepted'),
    updated_at: time('when its row changed last'),
    started_at: time('when its first attempt began').nullable(),
    completed_at: time('when it ended').nullable(),
  })
  .meta({ id: 'Job', description: 'a job of the ledger' });

export const JobList = z
  .object({
    count: Total,
    jobs: z.array(Job).meta({ description: 'newest first' }),
    next_cursor: NextCursor,
  })
  .meta({ id: 'JobList', description: 'a page of jobs' });

const Moment = z.iso.datetime({ offset: true }).meta({ example: '2026-01-14T09:30:00Z' });

export const JobFilter = Page.extend({
  status: JobStatus.optional(),
  queue: Queue.optional(),
  context_id: contextId('jobs of this VM').min(1).max(64).optional(),
  parent_job_id: jobId('jobs that this job asked for').min(1).max(64).optional(),
  job_type: JobType.optional(),
  operation: Operation.min(1).max(100).optional(),
  since: Moment.optional().meta({ description: 'accepted at this moment or later, UTC or with an offset' }),
  until: Moment.optional().meta({ description: 'accepted before this moment, UTC or with an offset' }),
});

export const JobStep = z
  .object({
    name: text('name of the step', 'copy-disks'),
    seq: count('its place in the order in which steps were first begun', 4),
    status: z
      .enum(['running', 'completed', 'failed', 'skipped'])
      .meta({ description: 'how it stands', example: 'completed' }),
    runs: count('how often it was entered', 1),
    started_at: time('when it was first entered'),
    completed_at: time('when it ended').nullable(),
    undone_at: time('when the way back took it back').nullable(),
    error_message: text('what went wrong', 'the export does not answer').nullable(),
  })
  .meta({ id: 'JobStep', description: 'a step of the workflow of a job' });

const ChildJob = z
  .object({ job_id: jobId('id of the child'), operation: Operation, status: JobStatus })
  .meta({ id: 'ChildJob', description: 'a job that this job asked for' });

export const JobDetail = Job.extend({
  progress: orNull(JobProgress, 'how far it is; null for a job that copies no disks'),
  result: z
    .record(z.string(), z.unknown())
    .nullable()
    .meta({
      description: 'what it did, by kind of job; null before it completed',
      example: { volumes_deleted: ['6f1c8a8e-6a3c-4c55-9d5e-6b7c0c5d3f21'], volumes_kept: [], warning: null },
    }),
  steps: z.array(JobStep).meta({ description: 'in the order in which they were first begun' }),
  children: z.array(ChildJob).meta({ description: 'the newest jobs that this job asked for, at most 100' }),
}).meta({ id: 'JobDetail', description: 'a job with its steps' });
