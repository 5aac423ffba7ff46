import { sleep } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import type { Api } from '../client/api.ts';
import type { StreamEvent } from '../client/event-stream.ts';
import { hasEnded } from '../view/job.ts';

/** What a stream would tell, by asking again and again. */

const EVERY_MS = 2 * SECOND;
/** Active jobs that are looked at when all jobs are followed. */
const ACTIVE_MAX = 500;

export async function* pollJob(api: Api, jobId: string): AsyncGenerator<StreamEvent> {
  for (;;) {
    const job = await api.job(jobId);
    yield { kind: 'job', data: job };
    if (job.progress !== null) yield { kind: 'progress', data: job.progress };
    if (hasEnded(job)) {
      yield { kind: 'end', data: {} };
      return;
    }
    await sleep(EVERY_MS, api.signal);
  }
}

export async function* pollAll(api: Api): AsyncGenerator<StreamEvent> {
  let active = new Set<string>();
  for (;;) {
    const pages = await Promise.all([
      api.jobs({ status: 'running', limit: ACTIVE_MAX }),
      api.jobs({ status: 'pending', limit: ACTIVE_MAX }),
    ]);
    const jobs = pages.flatMap((page) => page.jobs);
    for (const job of jobs) yield { kind: 'job', data: job };
    const now = new Set(jobs.map((job) => job.job_id));
    for (const id of active) if (!now.has(id)) yield* lastState(api, id);
    active = now;
    await sleep(EVERY_MS, api.signal);
  }
}

/** How a job ended; nothing when its row is gone by now. */
async function* lastState(api: Api, jobId: string): AsyncGenerator<StreamEvent> {
  try {
    yield { kind: 'job', data: await api.job(jobId) };
  } catch (error) {
    if (!(error instanceof AppError && error.kind === 'not-found')) throw error;
  }
}
