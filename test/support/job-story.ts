import { expect } from '@jest/globals';
import type { Knex } from '../../src/db/knex.ts';
import { newestLogEventsOfJob } from '../../src/db/stores/log-event-store.ts';
import type { JobRecord } from '../../src/db/stores/job-rows.ts';

const EVENTS_MAX = 60;

interface Row {
  readonly id: string;
  readonly parent_job_id: string | null;
}

/** Holds a job against what is expected of it; when it does not fit, the failure tells what happened to the job. */
export async function expectJob(db: Knex, job: JobRecord, expected: object): Promise<void> {
  try {
    expect(job).toMatchObject(expected);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new Error(`${said}\n\n${await jobStory(db, job.id)}`, { cause: error });
  }
}

/** What the ledger has of a job and its children, for the message of a test that failed: rows, steps, log. */
export async function jobStory(db: Knex, jobId: string): Promise<string> {
  try {
    const jobs = await db('job_tracking')
      .where({ id: jobId })
      .orWhere({ parent_job_id: jobId })
      .orderBy('created_at')
      .select<Row[]>(
        'id',
        'parent_job_id',
        'operation',
        'status',
        'dispatch_state',
        'attempt',
        'lease_epoch',
        'lease_owner',
        'workflow_direction',
        'error_code',
        'error_message',
      );
    const stories = await Promise.all(jobs.map((job) => storyOf(db, job)));
    return stories.join('\n');
  } catch (error) {
    return `the story of ${jobId} cannot be told: ${String(error)}`;
  }
}

async function storyOf(db: Knex, job: Row): Promise<string> {
  const steps = await db('job_steps')
    .where({ job_id: job.id })
    .orderBy('seq')
    .select<object[]>('name', 'status', 'runs', 'undone_at');
  const events = await newestLogEventsOfJob(db, job.id, EVENTS_MAX);
  return [
    `${job.parent_job_id === null ? 'job' : 'child'} ${JSON.stringify(job)}`,
    ...steps.map((step) => `  step ${JSON.stringify(step)}`),
    ...events.map(
      ({ ts, level, message, attrs }) => `  ${ts.toISOString()} ${level} ${message} ${JSON.stringify(attrs)}`,
    ),
  ].join('\n');
}
