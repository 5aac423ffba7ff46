import type { Job, JobDetail, LogEvent } from '../client/answers.ts';
import { elapsed, localTime } from './format.ts';
import { paintStatus, type Paint } from './paint.ts';
import { type Column, type Sheet, table } from './table.ts';
import { plainText } from './text.ts';

/** Jobs and their logs as people read them. */

const ENDED: readonly string[] = ['completed', 'failed', 'cancelled'];
export const hasEnded = (job: Pick<Job, 'status'>): boolean => ENDED.includes(job.status);

/** `names` are the VMs by the id of their context, as far as they are known. */
export function jobTable(jobs: readonly Job[], names: ReadonlyMap<string, string>, sheet: Sheet): string[] {
  const columns: Column<Job>[] = [
    { title: 'JOB', text: (job) => job.job_id },
    { title: 'QUEUE', text: (job) => job.queue ?? job.operation, least: 8 },
    { title: 'VM', text: (job) => names.get(job.context_id ?? '') ?? job.context_id ?? '-', least: 10 },
    { title: 'STATUS', text: state, paint: (text, job) => paintStatus(sheet.paint, job.status)(text) },
    {
      title: 'DONE',
      text: (job) => (job.percent_complete === null ? '-' : `${job.percent_complete} %`),
      align: 'right',
    },
    { title: 'CREATED', text: (job) => localTime(job.created_at) },
    { title: 'TOOK', text: (job) => elapsed(job.started_at, job.completed_at), align: 'right' },
    { title: 'ERROR', text: (job) => (runsAgain(job) ? '' : (job.error_code ?? '')), least: 8 },
  ];
  return table(columns, jobs, sheet);
}

/** What is told of it then is what its attempt before met: it has not failed. */
const runsAgain = (job: Job): boolean => job.status === 'running' && job.dispatch_state !== 'retry_wait';

/** The status, and what a person would wonder about. */
function state(job: Job): string {
  if (job.status === 'running' && job.dispatch_state === 'retry_wait') return 'waits to retry';
  if (job.cancel_requested_at !== null && !hasEnded(job)) return `${job.status}, cancelling`;
  return job.status;
}

export function jobPage(job: JobDetail, vmName: string | undefined, sheet: Sheet): string[] {
  const { paint } = sheet;
  const attempts = `${job.attempt} of ${job.max_attempts}`;
  const facts: [string, string | undefined][] = [
    ['Status', job.percent_complete === null ? state(job) : `${state(job)}, ${job.percent_complete} %`],
    ['VM', vmName === undefined ? (job.context_id ?? undefined) : `${vmName} (${job.context_id ?? '-'})`],
    ['Queue', job.queue ?? job.operation],
    ['Part of', job.parent_job_id ?? undefined],
    ['Attempt', attempts],
    ['Created', localTime(job.created_at)],
    ['Started', job.started_at === null ? undefined : localTime(job.started_at)],
    ['Ended', job.completed_at === null ? undefined : localTime(job.completed_at)],
    ['Took', job.started_at === null ? undefined : elapsed(job.started_at, job.completed_at)],
    ['Next try', isAhead(job.not_before) ? localTime(job.not_before) : undefined],
  ];
  const known = facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
  return [
    paint.bold(plainText(job.job_id)),
    ...known.map(([name, value]) => `  ${paint.dim(name.padEnd(10))}${paintFact(paint, job, name)(plainText(value))}`),
    ...errorLines(job, paint).map((line) => `  ${line}`),
    ...(job.steps.length === 0 ? [] : ['', 'Steps:', ...stepTable(job, sheet)]),
    ...(job.children.length === 0 ? [] : ['', 'Children:', ...childTable(job, sheet)]),
  ];
}

const isAhead = (iso: string | null): boolean => iso !== null && Date.parse(iso) > Date.now();

const paintFact = (paint: Paint, job: Job, name: string): ((text: string) => string) =>
  name === 'Status' ? paintStatus(paint, job.status) : (text) => text;

/** What went wrong and what to do, or nothing. */
export function errorLines(job: Job, paint: Paint): string[] {
  if (job.error_message === null) return [];
  const code = job.error_code === null ? '' : ` (${plainText(job.error_code)})`;
  const [label, painted] = labelOf(job, paint);
  const lines = [`${painted(label.padEnd(10))}${plainText(job.error_message)}${code}`];
  if (job.error_hint !== null) lines.push(`${paint.dim('Hint')}      ${plainText(job.error_hint)}`);
  return lines;
}

function labelOf(job: Job, paint: Paint): [label: string, painted: (text: string) => string] {
  if (hasEnded(job)) return ['Error', paint.bad];
  return [runsAgain(job) ? 'Earlier' : 'Reason', paint.warn];
}

type Step = JobDetail['steps'][number];

/** One that was broken off while it ran never ends: it is undone. */
function stepState({ status, undone_at: undoneAt }: Step): string {
  if (undoneAt === null) return status;
  return status === 'running' ? 'undone' : `${status}, undone`;
}

const tookOf = ({ status, started_at: from, completed_at: to, undone_at: undoneAt }: Step): string =>
  status === 'skipped' ? '-' : elapsed(from, to ?? undoneAt);

function stepTable(job: JobDetail, sheet: Sheet): string[] {
  const columns: Column<Step>[] = [
    { title: 'STEP', text: (step) => step.name },
    {
      title: 'STATUS',
      text: stepState,
      paint: (text, step) => paintStatus(sheet.paint, step.status)(text),
    },
    { title: 'RUNS', text: (step) => String(step.runs), align: 'right' },
    { title: 'STARTED', text: (step) => (step.status === 'skipped' ? '-' : localTime(step.started_at)) },
    { title: 'TOOK', text: tookOf, align: 'right' },
    { title: 'ERROR', text: (step) => step.error_message ?? '', least: 10 },
  ];
  return table(columns, job.steps, sheet);
}

type Child = JobDetail['children'][number];

function childTable(job: JobDetail, sheet: Sheet): string[] {
  const columns: Column<Child>[] = [
    { title: 'JOB', text: (child) => child.job_id },
    { title: 'OPERATION', text: (child) => child.operation },
    {
      title: 'STATUS',
      text: (child) => child.status,
      paint: (text, child) => paintStatus(sheet.paint, child.status)(text),
    },
  ];
  return table(columns, job.children, sheet);
}

/** `2026-01-14 09:30:00 INFO  message  key=value`, with the job where several are shown. */
export function logLine(event: LogEvent, paint: Paint): string {
  const level = event.level.padEnd(5);
  const painted = event.level === 'ERROR' ? paint.bad(level) : event.level === 'WARN' ? paint.warn(level) : level;
  const message = plainText(event.message);
  const attributes = attributesOf(event.attrs);
  return `${paint.dim(localTime(event.ts))} ${painted} ${message}${attributes === '' ? '' : `  ${paint.dim(attributes)}`}`;
}

function attributesOf(attrs: unknown): string {
  if (typeof attrs !== 'object' || attrs === null) return '';
  // Every event of a job has the same context.
  const told = Object.entries(attrs).filter(([name]) => name !== 'context_id');
  const pairs = told.map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `${name}=${/[\s"=]/.test(text) ? JSON.stringify(text) : text}`;
  });
  return plainText(pairs.join(' '));
}

export interface Outcome {
  readonly job: Job;
  /** Its VM. */
  readonly name: string;
  /** How much it copied, in words; empty where it copied nothing. */
  readonly moved: string;
}

/** How a job ended, why where it did not complete, and what to do then. */
export function outcomeLines({ job, name, moved }: Outcome, paint: Paint): string[] {
  const took = job.started_at === null ? '' : ` after ${elapsed(job.started_at, job.completed_at)}`;
  const status = paintStatus(paint, job.status)(job.status);
  return [
    `${paint.bold(plainText(name))}: ${plainText(job.job_id)} ${status}${took}${moved === '' ? '' : `, ${moved} copied`}`,
    ...errorLines(job, paint).map((line) => `  ${line}`),
  ];
}
