import { z } from 'zod';
import { AppError } from '../base/errors.ts';
import type { AsyncJob } from './async-jobs.ts';
import type { CallOptions, CloudStackClient } from './client.ts';
import { lenientNumber, lenientString } from './fields.ts';

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

/**
 * The job that is at work on the object, with its command in lower case; undefined when there is none, or nobody says:
 * servers before 4.22.1 find jobs by their id only, and refuse the question. Never fails for a reason of the server's.
 */
export async function findPendingJob(
  client: CloudStackClient,
  { type, id, pendingJobId: jobId }: Workpiece,
  options: CallOptions = {},
): Promise<AsyncJob | undefined> {
  const parameters: Record<string, string> =
    jobId === undefined ? { resourcetype: type, resourceid: id } : { jobid: jobId };
  try {
    const job = jobSchema.parse(await client.call('queryAsyncJobResult', parameters, options));
    const found = pendingJobId({ ...job, jobid: job.jobid ?? jobId });
    return found === undefined ? undefined : { id: found, command: commandOf(job.cmd ?? '') };
  } catch (thrown) {
    if (options.signal?.aborted === true || !(thrown instanceof AppError)) throw thrown;
    return undefined;
  }
}

/** `org.apache.cloudstack.api.command.user.snapshot.RevertSnapshotCmd` as `revertsnapshot`. */
const commandOf = (className: string): string =>
  (className.split('.').at(-1) ?? '').replace(/Cmd(ByAdmin)?$/, '').toLowerCase();
