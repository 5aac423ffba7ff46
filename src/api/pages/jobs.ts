import { counted } from '../../base/counted.ts';
import type { Request, Response } from 'express';
import { jobFacts, type JobFacts } from '../../db/stores/job-page-store.ts';
import { listJobViews, type JobView } from '../../db/stores/job-view-store.ts';
import { parseRequest } from '../../http/server.ts';
import { QUEUE_NAMES } from '../../queues/define-job.ts';
import type { Ledger } from '../../queues/ledger.ts';
import type { ApiContext } from '../context.ts';
import { newestFirst } from '../../http/cursor.ts';
import { JobStatus } from '../schemas/fields.ts';
import { JobFilter } from '../schemas/jobs.ts';
import { sendPage } from './layout.ts';
import { markup, type Content, type Html } from './markup.ts';
import { durationOf, isWait, jobPath, statusBadge, timeOf } from './parts.ts';

const ROWS = 50;

/** The newest jobs, filtered by the query. @throws invalidRequest `request.invalid` */
export async function showJobs(context: ApiContext, req: Request, res: Response): Promise<void> {
  const query = parseRequest(JobFilter, filled(req.query));
  const limit = query.limit ?? ROWS;
  const paging = newestFirst(limit, query.cursor);
  const { status, queue } = query;
  const found = await listJobViews(context.db, {
    status,
    queue,
    contextId: query.context_id,
    limit,
    after: paging.after,
  });
  const facts = await jobFacts(
    context.db,
    found.rows.map((job) => job.id),
  );
  const rows = found.rows.map((job) => ({ job, facts: facts.get(job.id), title: titleOf(context.ledger, facts, job) }));
  const next = paging.next(found.rows);
  const body = markup`
      <h1>Jobs</h1>
      ${filterForm({ status, queue, contextId: query.context_id })}
      <section id="jobs" data-live>
        <p class="faint">${counted(found.total, 'job')}${query.cursor === undefined ? '' : ', continued'}, newest first</p>
        ${rows.length === 0 ? markup`<p>No job fits.</p>` : table(rows, context.clock.now())}
      </section>
      <nav class="pages">
        ${query.cursor !== undefined && markup`<a href="/jobs?${queryOf({ status, queue, context_id: query.context_id })}">Newest</a>`}
        ${next !== null && markup`<a href="/jobs?${queryOf({ status, queue, context_id: query.context_id, cursor: next })}">Older jobs</a>`}
      </nav>`;
  sendPage(res, { title: 'Jobs', body, user: res.locals.user, isWide: true, isLive: true });
}

/** The title that the job's contract makes of its payload. */
export function titleOf(
  ledger: Ledger,
  facts: ReadonlyMap<string, JobFacts>,
  job: Pick<JobView, 'id' | 'operation'>,
): string {
  const known = facts.get(job.id);
  const title = ledger.catalogue.get(job.operation)?.title(known?.payload) ?? job.operation;
  const { contextId, vmName } = known ?? { contextId: null, vmName: null };
  return contextId === null || vmName === null ? title : title.replaceAll(contextId, () => vmName);
}

/** A form sends every field, also the empty ones. */
const filled = (query: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''));

function queryOf(fields: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) query.set(name, value);
  return query.toString();
}

interface Filter {
  readonly status: string | undefined;
  readonly queue: string | undefined;
  readonly contextId: string | undefined;
}

const filterForm = ({ status, queue, contextId }: Filter): Html => markup`
      <form class="filter" method="get" action="/jobs">
        <label>Status <select name="status"><option value="">all</option>${options(JobStatus.options, status)}</select></label>
        <label>Queue <select name="queue"><option value="">all</option>${options(QUEUE_NAMES, queue)}</select></label>
        ${contextId !== undefined && markup`<label>VM context <input name="context_id" value="${contextId}" maxlength="64"></label>`}
        <button>Filter</button>
      </form>`;

const options = (values: readonly string[], chosen: string | undefined): Content =>
  values.map((value) => markup`<option${value === chosen && markup` selected`}>${value}</option>`);

interface Row {
  readonly job: JobView;
  readonly facts: JobFacts | undefined;
  readonly title: string;
}

const table = (rows: readonly Row[], now: number): Html => markup`
        <table class="jobs">
          <thead><tr><th>Status</th><th>Job</th><th>VM</th><th>Queue</th><th>Attempt</th><th>Created</th><th>Took</th></tr></thead>
          <tbody>${rows.map((row) => line(row, now))}
          </tbody>
        </table>`;

/** What an earlier attempt met says nothing of a job that runs again. */
function whyNot({ errorMessage, errorCode, dispatchState }: JobView): Content {
  if (errorMessage === null || (dispatchState !== 'retry_wait' && dispatchState !== 'closed')) return null;
  return markup`<br><span class="${isWait(errorCode) ? 'faint' : 'bad'}">${errorMessage}</span>`;
}

const line = ({ job, facts, title }: Row, now: number): Html => markup`
            <tr>
              <td data-label="Status">${statusBadge(job.status)}${job.status === 'running' && typeof facts?.percent === 'number' && ` ${Math.floor(facts.percent)} %`}</td>
              <td data-label="Job"><a href="${jobPath(job.id)}">${title}</a><br><code>${job.id}</code>${whyNot(job)}</td>
              <td data-label="VM">${facts?.vmName ?? '–'}</td>
              <td data-label="Queue">${job.queue ?? '–'}</td>
              <td data-label="Attempt">${job.attempt}</td>
              <td data-label="Created">${timeOf(job.createdAt)}</td>
              <td data-label="Took">${durationOf(job.startedAt, job.completedAt, now)}</td>
            </tr>`;
