import type { Request } from 'express';
import { progressOfJobs } from '../../db/stores/job-progress-store.ts';
import { parseRequest } from '../../http/server.ts';
import type { ApiContext } from '../context.ts';
import type { ClientWish } from '../events/client.ts';
import { snapshotOf } from '../events/job-watch.ts';
import { defineRoute, noBody, noParams, type Route } from '../route.ts';
import { EventStreamText, LastEventIdHeader, StreamQuery } from '../schemas/events.ts';
import { JobIdParam } from '../schemas/fields.ts';
import { jobOf } from './jobs.ts';

const stream = {
  method: 'get',
  tag: 'events',
  query: StreamQuery,
  headers: LastEventIdHeader,
  body: noBody,
  answers: { 200: { description: 'server-sent events', schema: EventStreamText, mediaType: 'text/event-stream' } },
} as const;

const RESUME =
  'Without Last-Event-ID it begins with the present (the last few seconds may be told); with it, it goes on after that ' +
  'event, and 0 means everything that is kept. An id that was never given out means the present.';
const TOO_MANY = { status: 503, codes: ['events.too-many-streams', 'events.shutdown'] } as const;

export const eventRoutes = ({ db, events }: ApiContext): readonly Route[] => [
  defineRoute({
    ...stream,
    path: '/events',
    summary: 'Everything that happens, live',
    description:
      'Log events of all jobs, and state and progress of every job that has not ended: all of them at the start, then ' +
      `what changes. ${RESUME}`,
    params: noParams,
    refusals: [TOO_MANY],
    handle({ query, req }) {
      const wish = wishOf(req, undefined, query.last_event_id);
      events.admit();
      return Promise.resolve({ status: 200, stream: (res) => events.open(res, wish) });
    },
  }),
  defineRoute({
    ...stream,
    path: '/jobs/{id}/events',
    summary: 'What happens to one job, live',
    description:
      'Its state and progress at the start and at each change, and its log events. When the job is over and everything ' +
      `was sent, \`end\` comes and the stream closes: do not connect again then. ${RESUME}`,
    params: JobIdParam,
    refusals: [{ status: 404, codes: ['job.unknown'] }, TOO_MANY],
    async handle({ params, query, req }) {
      const wish = wishOf(req, params.id, query.last_event_id);
      const job = await jobOf(db, params.id);
      const progress = await progressOfJobs(db, [job.id]);
      events.admit();
      const snapshot = snapshotOf(job, progress.get(job.id));
      return { status: 200, stream: (res) => events.open(res, wish, snapshot) };
    },
  }),
];

/** Browsers repeat the first query for ever and send the newest id in the header, so that one counts. */
function wishOf(req: Request, jobId: string | undefined, queried: number | undefined): ClientWish {
  const header = req.get('last-event-id');
  const given = parseRequest(LastEventIdHeader, header ? { 'Last-Event-ID': header } : {});
  return {
    jobId,
    lastEventId: given['Last-Event-ID'] ?? queried,
    sessionEndsAt: req.res?.locals.sessionEndsAt ?? 0,
  };
}
