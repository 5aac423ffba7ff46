import { z } from 'zod';
import { LOG_LEVELS } from '../../db/stores/log-event-store.ts';
import { count, jobId, Time } from './fields.ts';

export const LogEvent = z
  .object({
    id: z.int().min(1).meta({ description: 'grows with time; the id of the event in a stream', example: 4711 }),
    job_id: jobId('the job that it is about; null when that was deleted').nullable(),
    level: z.enum(LOG_LEVELS).meta({ description: 'how grave it is', example: 'INFO' }),
    message: z.string().meta({ description: 'what happened, a fixed phrase', example: 'step done' }),
    attrs: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: 'facts: epoch, attempt, step, worker, code ...', example: { step: 'transfer', epoch: 1 } }),
    ts: Time.meta({ description: 'when it happened, UTC' }),
  })
  .meta({ id: 'LogEvent', description: 'something that happened to a job' });

/** An id of log_events; everything after it is asked for. */
const EventId = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const JobLogQuery = z.strictObject({
  after: EventId.optional().meta({
    description: 'only events after this id; without it from the first',
    example: 4711,
  }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .optional()
    .meta({ description: 'events per page, at most 1000; 200 without it', example: 200 }),
});

export const JobLog = z
  .object({
    job_id: jobId('id of the job'),
    count: count('events in this page', 200),
    events: z.array(LogEvent).meta({ description: 'oldest first' }),
    next_after: z
      .int()
      .nullable()
      .meta({ description: '`after` of the next page; null when there is nothing more by now', example: 4911 }),
  })
  .meta({ id: 'JobLog', description: 'a page of what happened to a job' });

export const StreamQuery = z.strictObject({
  last_event_id: EventId.optional().meta({
    description: 'the same as the header Last-Event-ID, which wins; 0 asks for everything that is kept',
    example: 4711,
  }),
});

export const LastEventIdHeader = z.object({
  'Last-Event-ID': EventId.optional().meta({
    description: 'id of the last event that was received: the stream goes on after it. Browsers send it by themselves',
    example: 4711,
  }),
});

/** What a stream consists of. Only documented: the answer is text, not JSON. */
export const EventStreamText = z.string().meta({
  description:
    'Server-sent events. `log`: data is LogEvent, with an id. `job`: data is Job. `progress`: data is JobProgress. ' +
    '`end`: data is {}; the job is over, everything was sent and the stream closes.',
  example:
    'id: 4711\nevent: log\ndata: {"id":4711,"job_id":"job-1","level":"INFO","message":"step done","attrs":{}}\n\n',
});
