import { z } from 'zod';
import { SECOND } from '../../base/units.ts';
import { defineJob } from '../define-job.ts';

/** Left behind by a job that could not end its source session, because the VMA was away, and did not wait for it. */
export const EndSourceSession = z.object({
  /** The job that has ended; it had at most one session. */
  jobId: z.string().min(1),
  /** Of the claim that gave up: no later one of that job has a session. */
  epoch: z.int().positive(),
  /** The changeIds of the session are stored: the VMA may forget older states. */
  committed: z.boolean(),
});
export type EndSourceSession = z.output<typeof EndSourceSession>;

export const SourceSessionEnded = z.object({ ended: z.literal(true) });
export type SourceSessionEnded = z.output<typeof SourceSessionEnded>;

export const endSourceSession = defineJob({
  name: 'end-source-session',
  queue: 'maintenance',
  jobType: 'cleanup',
  jobCategory: 'system',
  idPrefix: 'maintenance',
  payload: EndSourceSession,
  result: SourceSessionEnded,
  // A VMA that is away costs none of them for a day; by then it has ended the session by itself.
  maxAttempts: 10,
  stopsWithinMs: 5 * SECOND,
  title: (payload) => `end source session of ${payload.jobId}`,
});
