import { z } from 'zod';
import { sleep } from '../base/clock.ts';
import { AppError, toAppError, upstream } from '../base/errors.ts';
import { formatDuration, HOUR, MINUTE } from '../base/units.ts';
import { parseAnswer } from './answer.ts';
import type { CallOptions, CloudStackClient } from './client.ts';
import { errorIn } from './envelope.ts';
import { toCloudStackError } from './errors.ts';
import { lenientBoolean, lenientNumber, lenientString } from './fields.ts';

/**
 * CloudStack's async jobs. Source: developer guide, "Asynchronous commands"; JobInfo.Status of Apache CloudStack.
 * A finished job is forgotten after a day, and a restart of the management server fails the running ones, whatever
 * they did: the state of the object decides, not the job.
 */

export interface AsyncJob {
  readonly id: string;
  /** What ran, for messages. */
  readonly command: string;
}

const jobSchema = z.object({
  jobstatus: lenientNumber,
  jobresultcode: lenientNumber,
  jobresult: z.unknown().optional(),
});
type JobAnswer = z.output<typeof jobSchema>;

const SUCCEEDED = 1;
const FAILED = 2;
const CANCELLED = 3;
/** A copy of a large volume is waited for that long, once. */
const HOURS_MS = 1 * HOUR;
/** A wait is about a quarter of what has passed. */
const WAIT_GROWTH = 1.25;

/**
 * Waits for the end of an async job and gives its `jobresult`. `timeoutMs` is for the whole wait; 10 min by default.
 * Connection failures in between, and statuses that nobody knows, keep it waiting until then.
 * @throws the failure of the job through the table of refusals.ts; upstream `cloudstack.job-gone` (the server does not
 * know the job any more), `cloudstack.job-unseen` (it refuses to show the job), `cloudstack.job-cancelled` and
 * `cloudstack.job-timeout` (still running): look at the object; not-allowed `cloudstack.unauthorized`.
 */
export async function waitForCloudStackAsyncJob(
  client: CloudStackClient,
  job: AsyncJob,
  options: CallOptions = {},
): Promise<Record<string, unknown>> {
  const { clock, poll } = client;
  const timeoutMs = options.timeoutMs ?? 10 * MINUTE;
  const deadline = clock.monotonic() + timeoutMs;
  let waitMs = poll.firstMs;
  let lastError: AppError | undefined;
  for (;;) {
    const answer = await query(client, job, options.signal);
    if (answer instanceof AppError) lastError = answer;
    else if (answer.jobstatus === SUCCEEDED) return checkSuccess(job, resultOf(answer.jobresult));
    else if (answer.jobstatus === FAILED) throw failureOf(job, answer);
    else if (answer.jobstatus === CANCELLED) throw cancelledThere(job);
    const leftMs = deadline - clock.monotonic();
    if (leftMs <= 0) throw timedOut({ job, timeoutMs, lastError });
    await sleep(Math.min(waitMs, leftMs), options.signal);
    waitMs = Math.min(poll.maxMs, waitMs * WAIT_GROWTH);
  }
}

/** True for errors of the wait that say nothing of the job: it may still be at work, and nobody sees when it ends. */
export const mayGoOn = (error: AppError): boolean => NOT_OVER.has(error.code);

const NOT_OVER: ReadonlySet<string> = new Set([
  'cloudstack.job-timeout',
  'cloudstack.job-unseen',
  'cloudstack.unauthorized',
]);

/** The job as the server sees it, or the error that another look may cure. */
async function query(
  client: CloudStackClient,
  job: AsyncJob,
  signal: AbortSignal | undefined,
): Promise<JobAnswer | AppError> {
  try {
    const answer = await client.call('queryAsyncJobResult', { jobid: job.id }, { signal });
    return parseAnswer(jobSchema, answer, 'queryAsyncJobResult');
  } catch (thrown) {
    if (signal?.aborted === true) throw thrown;
    const error = toAppError(thrown);
    if (error.code === 'cloudstack.not-found') throw gone(job, error);
    if (error.code === 'cloudstack.unauthorized') throw error;
    if (error.retry === 'never') throw unseen(job, error);
    return error;
  }
}

function resultOf(jobResult: unknown): Record<string, unknown> {
  const parsed = z.record(z.string(), z.unknown()).safeParse(jobResult);
  return parsed.success ? parsed.data : {};
}

/** Some commands answer with no more than `success`. */
function checkSuccess(job: AsyncJob, result: Record<string, unknown>): Record<string, unknown> {
  if (lenientBoolean.parse(result['success']) !== false) return result;
  const { displaytext } = result;
  const errorText = typeof displaytext === 'string' ? displaytext : 'it says that it did not succeed';
  throw toCloudStackError({ command: job.command, errorCode: undefined, errorText, asyncJobId: job.id });
}

function failureOf(job: AsyncJob, answer: JobAnswer): AppError {
  const failure = errorIn({ errortext: undefined, ...resultOf(answer.jobresult) });
  // Very old servers give the reason as plain text.
  const text = typeof answer.jobresult === 'string' ? answer.jobresult : failure?.errorText;
  return toCloudStackError({
    command: job.command,
    errorCode: failure?.errorCode ?? answer.jobresultcode,
    errorText: text ?? 'no reason given',
    csErrorCode: failure?.csErrorCode,
    asyncJobId: job.id,
  });
}

const cancelledThere = (job: AsyncJob): AppError =>
  upstream('cloudstack.job-cancelled', `cloudstack has cancelled the async job of ${job.command}`, {
    details: { asyncJobId: job.id, command: job.command },
  });

const gone = (job: AsyncJob, cause: AppError): AppError =>
  upstream('cloudstack.job-gone', `cloudstack does not know the async job of ${job.command} any more`, {
    cause,
    details: { asyncJobId: job.id, command: job.command },
  });

/** Not the refusal itself, which would pass for that of the command. */
const unseen = (job: AsyncJob, cause: AppError): AppError =>
  upstream('cloudstack.job-unseen', `cloudstack does not show the async job of ${job.command}: ${cause.message}`, {
    cause,
    details: { asyncJobId: job.id, command: job.command, refusal: cause.code },
    hint: cause.hint ?? 'the async jobs of the management server tell what became of it',
  });

interface Timeout {
  readonly job: AsyncJob;
  readonly timeoutMs: number;
  readonly lastError: AppError | undefined;
}

const timedOut = ({ job, timeoutMs, lastError }: Timeout): AppError =>
  upstream(
    'cloudstack.job-timeout',
    `the async job of ${job.command} did not end within ${formatDuration(timeoutMs)}`,
    {
      cause: lastError,
      // Who has waited for hours does not wait as long again.
      retry: timeoutMs < HOURS_MS ? 'backoff' : 'never',
      details: { asyncJobId: job.id, command: job.command },
      hint: 'the async jobs and the log of the management server tell what it is waiting for',
    },
  );

const submitted = z.object({ jobid: lenientString, id: lenientString });

/**
 * What an async command answers at once. `jobId` is missing when the server did the work without a job; `id` is the
 * new object of a command that creates one.
 */
export function readSubmitted(answer: Record<string, unknown>): { jobId: string | undefined; id: string | undefined } {
  const parsed = submitted.parse(answer);
  return { jobId: parsed.jobid, id: parsed.id };
}
