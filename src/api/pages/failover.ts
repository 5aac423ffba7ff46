import type { Knex } from '../../db/knex.ts';
import { SECOND, formatDuration } from '../../base/units.ts';
import type { FailoverRecord } from '../../db/stores/failover-store.ts';
import type { JobView } from '../../db/stores/job-view-store.ts';
import { BootVerdict } from '../../domain/failover/boot-verdict.ts';
import { Leftover } from '../../domain/failover/leftover.ts';
import { failoverState, nextSteps, type FailoverState } from '../../domain/failover/next-steps.ts';
import { rollbackStatuses } from '../failover/present.ts';
import { followed } from '../failover/status.ts';
import { markup, type Content, type Html } from './markup.ts';
import { jobPath, timeOf } from './parts.ts';
import { sentence } from './problem-page.ts';

/** What a failover is, on the pages of its jobs: where it stands, until when, what was seen, what remains, what next. */

export interface ShownFailover {
  readonly failover: FailoverRecord;
  readonly state: FailoverState;
}

/** The failover that a job is, or takes back, or commits; undefined for every other job. */
export async function failoverOfJob(db: Knex, job: JobView): Promise<ShownFailover | undefined> {
  if (!OF_FAILOVERS.has(job.operation)) return undefined;
  const { failover } = await followed(db, job.id).catch(() => ({ failover: undefined }));
  if (failover === undefined) return undefined;
  const [shown] = await withState(db, [failover]);
  return shown;
}

const OF_FAILOVERS: ReadonlySet<string> = new Set(['failover', 'rollback', 'commit-failover']);

/** One query besides, or none. */
export async function withState(db: Knex, failovers: readonly FailoverRecord[]): Promise<ShownFailover[]> {
  const rollbacks = await rollbackStatuses(db, failovers);
  return failovers.map((failover) => ({
    failover,
    state: failoverState({
      type: failover.jobType,
      status: failover.status,
      isCommitted: failover.committedAt !== null,
      rollbackStatus: rollbacks.get(failover.rolledBackBy ?? '') ?? null,
      leftovers: leftoversOf(failover).length,
    }),
  }));
}

export function failoverSection(shown: ShownFailover | undefined, job: JobView): Content {
  if (shown === undefined) return null;
  const { failover, state } = shown;
  return markup`<h2>Failover</h2>
        <p>${STANDING[state]}${untilOf(shown)}</p>
        ${remaining(leftoversOf(failover))}
        ${nextCommands(shown)}
        <dl class="facts">${factsOf(failover, job).map(
          ([name, value]) => markup`
          <div><dt>${name}</dt><dd>${value}</dd></div>`,
        )}
        </dl>
        ${job.id === failover.jobId && bootOf(failover)}`;
}

const STANDING: Readonly<Record<FailoverState, string>> = {
  'under-way': 'It is under way.',
  'going-back': 'It is being taken back.',
  'in-test': 'The test stands: its VM runs in CloudStack, and the VM is not replicated meanwhile.',
  'failed-over': 'It stands: the VM in CloudStack has taken over, and there is a way back until somebody commits it.',
  committed: 'It was committed: nothing leads back any more.',
  'taken-back': 'It was taken back: nothing of it is left, and the VM is replicated again.',
  'left-behind': 'It left something behind that a person has to see to.',
  failed: 'It did not succeed, and everything is as it was before.',
};

/** What follows by itself, and when; null where nothing does. */
export function byItself({ failover, state }: ShownFailover): { readonly what: string; readonly at: Date } | null {
  const { testExpiresAt, autoCleanup, commitDueAt, commitPolicy } = failover;
  if (state === 'in-test' && testExpiresAt !== null && autoCleanup) return { what: 'rolled back', at: testExpiresAt };
  if (state === 'failed-over' && commitDueAt !== null) {
    return { what: commitPolicy === 'commit' ? 'committed' : 'rolled back', at: commitDueAt };
  }
  return null;
}

function untilOf(shown: ShownFailover): Content {
  const next = byItself(shown);
  if (next !== null)
    return markup` It is ${next.what} by itself at ${timeOf(next.at)}, unless somebody decides before.`;
  if (shown.state === 'in-test') return ' Nothing ends it by itself.';
  return isLeftToPeople(shown)
    ? ' It was to be committed by itself, but its VM has not booted: a person decides.'
    : null;
}

/** No timer commits what has not booted: status-update of the failover took the time away. */
const isLeftToPeople = ({ failover, state }: ShownFailover): boolean =>
  state === 'failed-over' && failover.commitPolicy === 'commit' && seenOf(failover)?.verdict === 'not-booted';

export const leftoversOf = ({ remaining: left }: Pick<FailoverRecord, 'remaining'>): Leftover[] =>
  Leftover.array().safeParse(left ?? []).data ?? [];

function remaining(leftovers: readonly Leftover[]): Content {
  if (leftovers.length === 0) return null;
  return markup`<div class="problem" role="alert"><p><strong>What remains:</strong></p>
          <ul>${leftovers.map(
            ({ kind, id, what }) => markup`
            <li>${NOUNS[kind]} <code>${id}</code>: ${what}</li>`,
          )}
          </ul></div>`;
}

const NOUNS: Readonly<Record<Leftover['kind'], string>> = {
  volume: 'Volume',
  vm: 'VM in CloudStack',
  snapshot: 'Snapshot',
  'source-power': 'Source VM',
};

function nextCommands({ failover, state }: ShownFailover): Content {
  const steps = nextSteps(state, { type: failover.jobType, vmName: failover.sourceVmName });
  if (steps.length === 0) return null;
  return markup`<p><strong>What you can do next:</strong></p>
        <dl class="commands">${steps.map(
          ({ what, command }) => markup`
          <div><dt>${sentence(what)}</dt><dd><code>${command}</code></dd></div>`,
        )}
        </dl>`;
}

type Fact = readonly [name: string, value: Content];

function factsOf(failover: FailoverRecord, job: JobView): readonly Fact[] {
  const { jobType, destinationVmId: id, destinationVmName: name, lossSeconds, rolledBackBy, committedAt } = failover;
  const others = [failover.jobId, rolledBackBy].filter((other) => other !== null && other !== job.id);
  return [
    ['Type', jobType],
    ['VM in CloudStack', id === null ? '–' : markup`${name}<br><code>${id}</code>`],
    ...(lossSeconds === null ? [] : ([['Writes lost', lostOf(lossSeconds)]] as const)),
    ...(committedAt === null ? [] : ([['Committed', timeOf(committedAt)]] as const)),
    ...others.map(
      (other) => [other === failover.jobId ? 'The failover itself' : 'Taken back by', linkTo(other ?? '')] as const,
    ),
  ];
}

const lostOf = (seconds: number): string =>
  seconds === 0 ? 'none' : `those of the last ${formatDuration(seconds * SECOND)} before it`;

const linkTo = (jobId: string): Html => markup`<a href="${jobPath(jobId)}">${jobId}</a>`;

/** What was seen of the VM when it had been started. */
const seenOf = ({ bootVerdict }: FailoverRecord): BootVerdict | undefined => BootVerdict.safeParse(bootVerdict).data;

function bootOf(failover: FailoverRecord): Content {
  const seen = seenOf(failover);
  if (seen === undefined) return null;
  const { verdict, reason, seconds, checkedAt, consoleLines } = seen;
  return markup`<h2>Boot verdict</h2>
        <p>${verdictBadge(verdict)} ${sentence(reason)}. Watched for ${formatDuration(seconds * SECOND)}, until ${timeOf(new Date(checkedAt))}.</p>
        ${consoleLines.length > 0 && markup`<p class="faint">The end of its console:</p><pre class="console">${consoleLines.join('\n')}</pre>`}`;
}

const SIGNS = { booted: ['completed', '✓'], running: ['running', '▶'], 'not-booted': ['failed', '✗'] } as const;

export function verdictBadge(verdict: BootVerdict['verdict']): Html {
  const [colour, sign] = SIGNS[verdict];
  return markup`<span class="status ${colour}"><span aria-hidden="true">${sign}</span> ${verdict}</span>`;
}
