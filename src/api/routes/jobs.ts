import { notFound, type AppError } from '../../base/errors.ts';
import { findJobView, listChildren, listJobViews, listSteps } from '../../db/stores/job-view-store.ts';
import type { ApiContext } from '../context.ts';
import { newestFirst } from '../cursor.ts';
import { wire } from '../present/wire.ts';
import { defineRoute, noBody, noParams, noQuery, type Route } from '../route.ts';
import { JobIdParam } from '../schemas/fields.ts';
import { JobDetail, JobFilter, JobList } from '../schemas/jobs.ts';

const LIMIT_DEFAULT = 100;

export const jobRoutes = ({ db }: ApiContext): readonly Route[] => [
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
  }),
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
      const job = await findJobView(db, params.id);
      if (job === undefined) throw jobUnknown(params.id);
      const [steps, children] = await Promise.all([listSteps(db, job.id), listChildren(db, job.id)]);
      return { status: 200, body: { ...presentJob(job), steps: steps.map(wire), children: children.map(presentJob) } };
    },
  }),
];

const momentOf = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text));

/** Clients know a job by `job_id`. */
function presentJob({ id, ...job }: { readonly id: string }): Record<string, unknown> {
  return { job_id: id, ...wire(job) };
}

const jobUnknown = (jobId: string): AppError =>
  notFound('job.unknown', `there is no job ${jobId}`, {
    details: { jobId },
    hint: 'GET /api/v1/jobs lists the jobs',
  });
