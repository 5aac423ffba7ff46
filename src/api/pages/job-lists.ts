import type { LogEventRecord } from '../../db/stores/log-event-store.ts';
import type { JobView, StepView } from '../../db/stores/job-view-store.ts';
import type { CbtCycleRecord } from '../../db/stores/replication-store.ts';
import { markup, type Content, type Html } from './markup.ts';
import { durationOf, isWait, jobPath, statusBadge, timeOf } from './parts.ts';

/** The lower half of a job's page: disks, steps, children, log. */

export function stepTable(steps: readonly StepView[], now: number): Content {
  if (steps.length === 0) return null;
  return markup`<h2>Steps</h2>
        <table class="steps">
          <thead><tr><th>Step</th><th>State</th><th>Took</th><th>Begun</th></tr></thead>
          <tbody>${steps.map((step) => stepLine(step, now))}
          </tbody>
        </table>`;
}

const stepLine = (step: StepView, now: number): Html => markup`
            <tr>
              <td data-label="Step">${step.name}${step.runs > 1 && markup` <span class="faint">entered ${step.runs} times</span>`}${step.errorMessage !== null && markup`<br><span class="${waits(step) ? 'faint' : 'bad'}">${step.errorMessage}</span>`}</td>
              <td data-label="State">${statusBadge(stateOf(step))}</td>
              <td data-label="Took">${step.status === 'skipped' ? '–' : durationOf(step.startedAt, step.completedAt ?? step.undoneAt, now)}</td>
              <td data-label="Begun">${step.status === 'skipped' ? '–' : timeOf(step.startedAt)}</td>
            </tr>`;

/** It ended without its end because the job has to wait for its turn. */
const waits = ({ status, errorMessage }: StepView): boolean => status === 'failed' && isWait(errorMessage);

function stateOf(step: StepView): string {
  if (step.undoneAt !== null) return 'undone';
  return waits(step) ? 'waiting' : step.status;
}

/** How each disk of a replication is copied, and why not by its changes only. */
export function diskTable(cycles: readonly CbtCycleRecord[]): Content {
  if (cycles.length === 0) return null;
  const rows = cycles.toSorted((one, other) => (one.diskId < other.diskId ? -1 : 1));
  return markup`<h2>Disks</h2>
        <table>
          <thead><tr><th>Disk</th><th>Covered</th><th>Why</th></tr></thead>
          <tbody>${rows.map(
            ({ diskId, syncType, reason, syncSuccess, landedIn, inPlaceReason }) => markup`
            <tr>
              <td data-label="Disk">${diskId}</td>
              <td data-label="Covered">${SYNC_WORDS[syncType] ?? syncType}${!syncSuccess && markup` <span class="faint">not committed</span>`}</td>
              <td data-label="Why">${reason ?? 'what changed since the last commit is known'}${landedIn === 'volume' && syncType === 'incremental' && inPlaceReason !== null && markup`<br><span class="faint">written to the volume itself: ${inPlaceReason}</span>`}</td>
            </tr>`,
          )}
          </tbody>
        </table>`;
}

const SYNC_WORDS: Readonly<Record<string, string>> = {
  incremental: 'what has changed',
  full: 'all of it',
  initial: 'all of it, for the first time',
};

export function childTable(children: readonly Pick<JobView, 'id' | 'operation' | 'status'>[]): Content {
  if (children.length === 0) return null;
  return markup`<h2>Children</h2>
        <table>
          <thead><tr><th>Status</th><th>Job</th><th>Kind</th></tr></thead>
          <tbody>${children.map(
            (child) => markup`
            <tr>
              <td data-label="Status">${statusBadge(child.status)}</td>
              <td data-label="Job"><a href="${jobPath(child.id)}">${child.id}</a></td>
              <td data-label="Kind">${child.operation}</td>
            </tr>`,
          )}
          </tbody>
        </table>`;
}

/** The script adds lines below; `data-last` is the id of the newest one here. */
export function logLines(lines: readonly LogEventRecord[], limit: number): Html {
  return markup`${lines.length === limit && markup`<p class="faint">The newest ${limit} lines.</p>`}
        <ol id="log" class="log" data-last="${lines.at(-1)?.id ?? 0}">${lines.map(logLine)}
        </ol>`;
}

const logLine = ({ level, ts, message, attrs }: LogEventRecord): Html => markup`
          <li class="${level.toLowerCase()}">${timeOf(ts)} <b>${level}</b> ${message} <span class="faint">${attributesOf(attrs)}</span></li>`;

/** `name=value`, without the VM's context, which is the same in every line. */
const attributesOf = (attrs: LogEventRecord['attrs']): string =>
  Object.entries(attrs ?? {})
    .filter(([name]) => name !== 'context_id')
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
