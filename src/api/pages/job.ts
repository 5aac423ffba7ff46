import type { Request, Response } from 'express';
import { conflict, notFound, type AppError } from '../../base/errors.ts';
import type { Knex } from '../../db/knex.ts';
import { jobFacts } from '../../db/stores/job-page-store.ts';
import { progressOfJobs } from '../../db/stores/job-progress-store.ts';
import { findJobView, listChildren, listSteps, type JobView } from '../../db/stores/job-view-store.ts';
import { newestLogEventsOfJob } from '../../db/stores/log-event-store.ts';
import { cbtHistory } from '../../db/stores/replication-store.ts';
import { cancel } from '../../queues/cancel.ts';
import type { ApiContext } from '../context.ts';
import { failoverOfJob, failoverSection } from './failover.ts';
import { cancelForm, facts as factList, problemOf, stateOf } from './job-head.ts';
import { childTable, diskTable, logLines, stepTable } from './job-lists.ts';
import { progressBars } from './job-progress.ts';
import { titleOf } from './jobs.ts';
import { sendPage } from './layout.ts';
import { markup } from './markup.ts';
import { jobPath } from './parts.ts';

const LOG_LINES = 200;
/** More than a VM has. */
const DISKS = 300;

/** One job with all that is known of it. @throws notFound `job.unknown` */
export async function showJob(context: ApiContext, req: Request, res: Response): Promise<void> {
  const { db } = context;
  const job = await jobOf(db, String(req.params['id']));
  const [steps, children, lines, progress, known, cycles, failover] = await Promise.all([
    listSteps(db, job.id),
    listChildren(db, job.id),
    newestLogEventsOfJob(db, job.id, LOG_LINES),
    progressOfJobs(db, [job.id]),
    jobFacts(db, [job.id]),
    cbtHistory(db, { job_id: job.id }, DISKS),
    failoverOfJob(db, job),
  ]);
  const facts = known.get(job.id);
  const title = titleOf(context.ledger, known, job);
  const now = context.clock.now();
  const body = markup`
      <div id="job" data-job="${job.id}" data-ended="${isEnded(job) ? 'yes' : 'no'}">
        <p><a href="/jobs">Jobs</a> / <code>${job.id}</code></p>
        <section id="head" data-live>
          <h1>${title}</h1>
          ${stateOf(job, facts)}
          ${problemOf(job)}
        </section>
        <section id="failover" data-live>${failoverSection(failover, job)}</section>
        <section id="progress" data-live>${progressBars(progress.get(job.id))}</section>
        <section id="actions" data-live>${mayCancel(job) && cancelForm(job)}</section>
        <section id="facts" data-live>${factList(job, facts, now)}</section>
        <section id="disks" data-live>${diskTable(cycles)}</section>
        <section id="steps" data-live>${stepTable(steps, now)}</section>
        <section id="children" data-live>${childTable(children)}</section>
        <section><h2>Log</h2>${logLines(lines, LOG_LINES)}</section>
      </div>`;
  sendPage(res, { title, body, user: res.locals.user, isWide: true, isLive: true });
}

/**
 * The button of the page. Where the job ended meanwhile its page says so; one that stops shows that it was asked to.
 * @throws notFound `job.unknown`; conflict `job.terminal`, `job.has-parent`
 */
export async function cancelJob(context: ApiContext, req: Request, res: Response): Promise<void> {
  const job = await jobOf(context.db, String(req.params['id']));
  if (job.parentJobId !== null) {
    throw conflict('job.has-parent', `job ${job.id} is a child of job ${job.parentJobId}`, {
      hint: 'cancel that one: its children end with it',
    });
  }
  await cancel(context.ledger, job.id, { reason: 'cancelled on its page', by: res.locals.user });
  res.redirect(303, jobPath(job.id));
}

async function jobOf(db: Knex, jobId: string): Promise<JobView> {
  const job = jobId.length > 64 ? undefined : await findJobView(db, jobId);
  if (job === undefined) throw jobUnknown(jobId);
  return job;
}

const jobUnknown = (jobId: string): AppError =>
  notFound('job.unknown', `there is no job ${jobId.slice(0, 100)}`, {
    hint: 'the page Jobs lists those that there are',
  });

const isEnded = (job: JobView): boolean => job.completedAt !== null || job.dispatchState === 'closed';

const mayCancel = (job: JobView): boolean =>
  !isEnded(job) && job.parentJobId === null && job.cancelRequestedAt === null;
