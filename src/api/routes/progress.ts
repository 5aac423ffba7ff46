import type { ApiContext } from '../context.ts';
import { presentProgress } from '../present/replication.ts';
import { defineRoute, noBody, noQuery, type Route } from '../route.ts';
import { ProgressJobParam, ReplicationProgress } from '../schemas/progress.ts';
import { JobIdParam } from '../schemas/fields.ts';
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
      return { status: 200, body: presentProgress(await replicationOf(db, params.id), clock.now()) };
    },
  }),
];
