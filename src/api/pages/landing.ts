import type { Request, Response } from 'express';
import { SECOND } from '../../base/units.ts';
import { probe } from '../../db/probe.ts';
import { counted } from '../../base/counted.ts';
import { listFindings } from '../../db/stores/volume-finding-store.ts';
import { countJobs } from '../../db/stores/job-page-store.ts';
import type { ApiContext } from '../context.ts';
import { sendPage } from './layout.ts';
import { failedOverVms } from './failed-over.ts';
import { markup, type Content, type Html } from './markup.ts';

const PROBE_WITHIN_MS = 2 * SECOND;

const LINKS: readonly [path: string, name: string, what: string][] = [
  ['/jobs', 'Jobs', 'what runs, what waits, what failed, and why'],
  ['/admin/queues', 'Queues', 'Bull Board: the messages to the workers, to look at'],
  ['/docs', 'API reference', 'every route with its fields and refusals'],
];

/** What there is, and how it is. Answers within seconds whatever is away. */
export async function showLanding(context: ApiContext, _req: Request, res: Response): Promise<void> {
  const [isUp, hasRedis] = await Promise.all([
    probe(context.db, PROBE_WITHIN_MS),
    context.ledger.doorbell.answers(PROBE_WITHIN_MS),
  ]);
  const body = markup`
      <section id="state" data-live>
        <h1>Overview</h1>
        ${isUp ? await jobsLine(context) : markup`<p class="problem" role="alert">The database does not answer: nothing can be accepted or shown until it does. Check that MariaDB runs.</p>`}
        <ul class="facts">
          <li>${light(isUp)} Database ${isUp ? 'answers' : 'does not answer'}</li>
          <li>${light(hasRedis)} Redis ${hasRedis ? 'answers' : 'is away: new jobs wait in the database until it is back'}</li>
          ${isUp && (await findingsLine(context))}
        </ul>
        ${isUp && (await failedOverVms(context.db))}
      </section>
      <ul class="cards">${LINKS.map(
        ([path, name, what]) => markup`
        <li><a href="${path}"><strong>${name}</strong> ${what}</a></li>`,
      )}
      </ul>
      <p class="faint">Version ${context.version}. Signed in as ${res.locals.user}.</p>`;
  sendPage(res, { title: 'Overview', body, user: res.locals.user, isWide: true, isLive: true });
}

const light = (isGood: boolean): Html =>
  isGood
    ? markup`<span class="good" aria-hidden="true">✓</span>`
    : markup`<span class="bad" aria-hidden="true">✗</span>`;

async function findingsLine({ db }: ApiContext): Promise<Content> {
  const { total } = await listFindings(db, { limit: 1 });
  if (total === 0) return null;
  return markup`<li>${light(false)} ${counted(total, 'finding')} about volumes: CloudStack says otherwise than our rows. <code>migratekit volumes findings</code> lists them with what to do.</li>`;
}

async function jobsLine({ db }: ApiContext): Promise<Html> {
  const jobs = await countJobs(db);
  return markup`<ul class="counts">
          <li><a href="/jobs?status=running"><b>${jobs.running}</b> running</a></li>
          <li><a href="/jobs?status=pending"><b>${jobs.pending}</b> waiting</a></li>
          <li class="${jobs.failed > 0 ? 'bad' : 'none'}"><a href="/jobs?status=failed"><b>${jobs.failed}</b> failed in 24 h</a></li>
          <li><a href="/jobs?status=completed"><b>${jobs.completed}</b> completed in 24 h</a></li>
        </ul>`;
}
