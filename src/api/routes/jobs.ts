import { notFound, type AppError } from '../../base/errors.ts';
import type { Knex } from '../../db/knex.ts';
import { progressOfJobs } from '../../db/stores/job-progress-store.ts';
import {
  findJobView,
  jobResult,
  listChildren,
  listJobViews,
  listSteps,
  type JobView,
} from '../../db/stores/job-view-store.ts';
import { logEventsOfJob } from '../../db/stores/log-event-store.ts';
import type { ApiContext } from '../context.ts';
import { newestFirst } from '../../http/cursor.ts';
import { presentJobProgress } from '../present/job-progress.ts';
import { presentJob } from '../present/job.ts';
import { presentLogEvent } from '../present/log-event.ts';
import { wire, wireDocument } from '../present/wire.ts';
import { defineRoute, noBody, noParams, noQuery, type Route } from '../route.ts';
import { JobLog, JobLogQuery } from '../schemas/events.ts';
import { JobIdParam } from '../schemas/fields.ts';
import { JobDetail, JobFilter, JobList } from '../schemas/jobs.ts';

const LIMIT_DEFAULT = 100;
const LOG_LIMIT_DEFAULT = 200;

export const jobRoutes = (context: ApiContext): readonly Route[] => [list(context), show(context), logs(context)];

const list = ({ db }: ApiContext): Route =>
  defineRoute({
    method: 'get',
    path: '/jobs',
    summary: 'Jobs of every kind, newest first',
    tag: 'jobs',
    params: noParams,
    query: JobFilter,
    body: noBody,
    answers: { 200: { description: 'a page of jobs', schema: JobList } },
    async handle({ query }) {
      const limit = query.limit ?? LIMIT_DEFAULT;
      const paging = newestFirst(limit, query.cursor);
      const page = await listJobViews(db, {
        status: query.status,
        queue: query.queue,
        contextId: query.context_id,
        parentJobId: query.parent_job_id,
        jobType: query.job_type,
        operation: query.operation,
        since: momentOf(query.since),
        until: momentOf(query.until),
        limit,
        after: paging.after,
      });
      const jobs = page.rows.map(presentJob);
      return { status: 200, body: { count: page.total, jobs, next_cursor: paging.next(page.rows) } };
    },
  });

const show = ({ db }: ApiContext): Route =>
  defineRoute({
    method: 'get',
    path: '/jobs/{id}',
    summary: 'One job with its steps',
    tag: 'jobs',
    params: JobIdParam,
    query: noQuery,
    body: noBody,
    answers: { 200: { description: 'the job', schema: JobDetail } },
    refusals: [{ status: 404, codes: ['job.unknown'] }],
    async handle({ params }) {
      const job = await jobOf(db, params.id);
      const [steps, children, copying, result] = await Promise.all([
        listSteps(db, job.id),
        listChildren(db, job.id),
        progressOfJobs(db, [job.id]),
        jobResult(db, job.id),
      ]);
      const progress = copying.get(job.id);
      return {
        status: 200,
        body: {
          ...presentJob(job),
          progress: progress === undefined ? null : presentJobProgress(progress),
          result: wireDocument(result),
          steps: steps.map(wire),
          children: children.map(presentJob),
        },
      };
    },
  });

const momentOf = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text));

const logs = ({ db }: ApiContext): Route =>
  defineRoute({
    method: 'get',
    path: '/jobs/{id}/logs',
    summary: 'What happened to a job',
    description:
      'The life of the job and what its worker said, oldest first. Follow it live with /jobs/{id}/events: after the ' +
      'last page give the id of its last event as last_event_id, and nothing is missed or told twice.',
    tag: 'jobs',
    params: JobIdParam,
    query: JobLogQuery,
    body: noBody,
    answers: { 200: { description: 'a page of log events', schema: JobLog } },
    refusals: [{ status: 404, codes: ['job.unknown'] }],
    async handle({ params, query }) {
      const { id } = await jobOf(db, params.id);
      const limit = query.limit ?? LOG_LIMIT_DEFAULT;
      const events = await logEventsOfJob(db, { jobId: id, afterId: query.after ?? 0, limit });
      const next_after = events.length < limit ? null : (events.at(-1)?.id ?? null);
      return {
        status: 200,
        body: { job_id: id, count: events.length, events: events.map(presentLogEvent), next_after },
      };
    },
  });

/** @throws notFound `job.unknown` */
export async function jobOf(db: Knex, jobId: string): Promise<JobView> {
  const job = await findJobView(db, jobId);
  if (job === undefined) throw jobUnknown(jobId);
  return job;
}

const jobUnknown = (jobId: string): AppError =>
  notFound('job.unknown', `there is no job ${jobId}`, {
    details: { jobId },
    hint: 'GET /api/v1/jobs lists the jobs',
  });
