import { progressOfJobs } from '../../db/stores/job-progress-store.ts';
import type { ApiContext } from '../context.ts';
import { presentPace } from '../present/job-progress.ts';
import { presentAsVmaProgress, presentProgress } from '../present/progress.ts';
import { defineRoute, noBody, noQuery, type Route } from '../route.ts';
import { JobIdParam } from '../schemas/fields.ts';
import { ProgressJobParam, VmaProgress } from '../schemas/progress.ts';
import { ReplicationProgress } from '../schemas/replications.ts';
import { replicationOf } from './replications.ts';

export const progressRoutes = ({ db, clock, askProgress }: ApiContext): readonly Route[] => [
  defineRoute({
    method: 'get',
    path: '/replications/{id}/progress',
    summary: 'How far a replication is',
    tag: 'replications',
    params: JobIdParam,
    query: noQuery,
    body: noBody,
    answers: { 200: { description: 'as its worker last reported', schema: ReplicationProgress } },
    refusals: [{ status: 404, codes: ['replication.unknown'] }],
    async handle({ params }) {
      const job = await replicationOf(db, params.id);
      const progress = await progressOfJobs(db, [job.id]);
      return { status: 200, body: { ...presentProgress(job, clock.now()), ...presentPace(progress.get(job.id)) } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/progress/{job_id}',
    summary: 'How far a replication is, in the shape of the VMA',
    description:
      'Asks the VMA for two seconds while the job runs; else, and without an answer, tells what the row has.',
    tag: 'replications',
    params: ProgressJobParam,
    query: noQuery,
    body: noBody,
    answers: { 200: { description: 'from the VMA, or from the row', schema: VmaProgress } },
    refusals: [{ status: 404, codes: ['replication.unknown'] }],
    async handle({ params }) {
      const job = await replicationOf(db, params.job_id);
      const live = job.status === 'running' ? await askProgress(job.id) : undefined;
      if (live !== undefined) return { status: 200, body: live };
      const progress = await progressOfJobs(db, [job.id]);
      return { status: 200, body: presentAsVmaProgress(job, progress.get(job.id)?.disks ?? []) };
    },
  }),
];
