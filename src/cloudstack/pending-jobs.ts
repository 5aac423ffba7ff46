import { z } from 'zod';
import { toAppError } from '../base/errors.ts';
import type { AsyncJob } from './async-jobs.ts';
import type { CallOptions, CloudStackClient } from './client.ts';
import { lenientNumber, lenientString } from './fields.ts';
import { read } from './read.ts';

/** Jobs that an earlier attempt, or somebody else, has started and that are still at work. */

const IN_PROGRESS = 0;

/** The job that works on the object of a row, where the list answer says so (`jobid` with `jobstatus` 0). */
export function pendingJobId(row: { jobid?: string | undefined; jobstatus?: number | undefined }): string | undefined {
  return row.jobid !== undefined && row.jobstatus === IN_PROGRESS ? row.jobid : undefined;
}

export interface Workpiece {
  /** Source: ApiCommandResourceType of Apache CloudStack. */
  readonly type: 'Snapshot' | 'Volume' | 'VirtualMachine';
  readonly id: string;
  /** Where a list answer has told it. */
  readonly pendingJobId?: string | undefined;
}

const jobSchema = z.object({ jobid: lenientString, jobstatus: lenientNumber, cmd: lenientString });

/** How servers answer that do not know the question (before 4.22.1 jobs are found by their id only), or know no job. */
const NO_ANSWER: ReadonlySet<string> = new Set(['cloudstack.refused', 'cloudstack.not-found', 'cloudstack.malformed']);

/** The job that is at work on the object, with its command in lower case; undefined when there is none, or nobody says. */
export async function findPendingJob(
  client: CloudStackClient,
  { type, id, pendingJobId: jobId }: Workpiece,
  options: CallOptions = {},
): Promise<AsyncJob | undefined> {
  const parameters: Record<string, string> =
    jobId === undefined ? { resourcetype: type, resourceid: id } : { jobid: jobId };
  try {
    const job = jobSchema.parse(await read(client, 'queryAsyncJobResult', { parameters, ...options }));
    const found = pendingJobId({ ...job, jobid: job.jobid ?? jobId });
    return found === undefined ? undefined : { id: found, command: commandOf(job.cmd ?? '') };
  } catch (thrown) {
    if (NO_ANSWER.has(toAppError(thrown).code)) return undefined;
    throw thrown;
  }
}

/** `org.apache.cloudstack.api.command.user.snapshot.RevertSnapshotCmd` as `revertsnapshot`. */
const commandOf = (className: string): string =>
  (className.split('.').at(-1) ?? '').replace(/Cmd(ByAdmin)?$/, '').toLowerCase();
