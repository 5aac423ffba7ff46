import type { JobFacts } from '../../db/stores/job-page-store.ts';
import type { JobView } from '../../db/stores/job-view-store.ts';
import { markup, type Content, type Html } from './markup.ts';
import { durationOf, isWait, jobPath, statusBadge, timeOf } from './parts.ts';
import { sentence } from './problem-page.ts';

/** The upper half of a job's page: how it is, why, and what can be done. */

export function stateOf(job: JobView, facts: JobFacts | undefined): Html {
  return markup`<p>${statusBadge(job.status)} ${whyOf(job)}</p>
          ${job.cancelRequestedAt !== null && job.dispatchState !== 'closed' && markup`<p class="notice" role="status">Asked to stop at ${timeOf(job.cancelRequestedAt)}${facts?.cancelReason && `: ${facts.cancelReason}`}. It ends at its next safe point and cleans up after itself.</p>`}`;
}

/** What a job in this state waits for. */
function whyOf(job: JobView): Content {
  switch (job.dispatchState) {
    case 'queued':
      return 'It waits to be sent to the workers.';
    case 'dispatched':
      return 'It waits in its queue for a worker.';
    case 'waiting':
      return 'It waits for its children, below, and takes no worker meanwhile.';
    case 'retry_wait':
      return isWait(job.errorCode)
        ? markup`It waits for its turn, and looks again at ${timeOf(job.notBefore)} at the latest.`
        : markup`It failed for now and is tried again at ${timeOf(job.notBefore)}.`;
    default:
      return null;
  }
}

const runsAgain = (job: JobView): boolean => job.status === 'running' && job.dispatchState !== 'retry_wait';

export function problemOf(job: JobView): Content {
  if (job.errorMessage === null) return null;
  return markup`<div class="${job.status === 'failed' ? 'problem' : 'notice'}" role="alert">
            ${runsAgain(job) && markup`<p>It runs again. What an earlier attempt met:</p>`}
            <p>${sentence(job.errorMessage)} ${job.errorCode !== null && markup`<code>${job.errorCode}</code>`}</p>
            ${job.errorHint !== null && markup`<p><strong>What to do next:</strong> ${sentence(job.errorHint)}</p>`}
          </div>`;
}

/** Opens to ask once; works without scripts. */
export const cancelForm = (job: JobView): Html => markup`<details class="ask">
          <summary>Cancel this job…</summary>
          <form method="post" action="${jobPath(job.id)}/cancel">
            <p>It stops at its next safe point and undoes what it began. What earlier jobs committed stays usable.</p>
            <button class="danger">Yes, cancel it</button>
          </form>
        </details>`;

export function facts(job: JobView, known: JobFacts | undefined, now: number): Html {
  const rows: readonly [name: string, value: Content][] = [
    ['VM', known?.vmName ?? '–'],
    ['Queue', job.queue ?? '–'],
    ['Attempt', `${job.attempt} of at most ${job.maxAttempts}`],
    ['Worker', known?.leaseOwner ?? '–'],
    ['Created', timeOf(job.createdAt)],
    ['Started', timeOf(job.startedAt)],
    ['Ended', timeOf(job.completedAt)],
    ['Took', durationOf(job.startedAt, job.completedAt, now)],
  ];
  return markup`<dl class="facts">${rows.map(
    ([name, value]) => markup`
          <div><dt>${name}</dt><dd>${value}</dd></div>`,
  )}${
    job.parentJobId !== null &&
    markup`
          <div><dt>Child of</dt><dd><a href="${jobPath(job.parentJobId)}">${job.parentJobId}</a></dd></div>`
  }
        </dl>`;
}
