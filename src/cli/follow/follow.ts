import type { Api } from '../client/api.ts';
import { EXIT } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { plainText } from '../view/text.ts';
import { type Display, openDisplay } from './display.ts';
import { feed } from './feed.ts';
import { pollAll, pollJob } from './poll.ts';

/** Following jobs from the terminal, to their end or until Ctrl-C; the jobs never notice. */

/** A stream per job: for more there is the stream of all jobs. */
export const FOLLOWED_MAX = 16;

export interface Followed {
  readonly jobId: string;
  /** Its VM. */
  readonly name: string | undefined;
}

export interface Follow {
  readonly jobs: readonly Followed[];
  readonly json: boolean;
  /** Log events after this id; undefined begins with the present. */
  readonly lastEventId?: number;
}

/** @returns the exit status: 0 when every job completed */
export async function followJobs(api: Api, terminal: Terminal, { jobs, json, lastEventId }: Follow): Promise<number> {
  const display = openDisplay(terminal, json);
  const open = new Set(jobs);
  try {
    for (const job of jobs) display.add(job.jobId, job.name);
    // One that cannot be followed must not keep the others from being followed to their end.
    const ended = await Promise.allSettled(
      jobs.map(async (job) => {
        const code = await followOne(api, display, { job, lastEventId });
        open.delete(job);
        return code;
      }),
    );
    const codes = ended.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
    return codes.find((code) => code !== EXIT.done) ?? EXIT.done;
  } finally {
    display.close();
    if (api.signal.aborted) sayWhatGoesOn(terminal, [...open]);
  }
}

interface One {
  readonly job: Followed;
  readonly lastEventId: number | undefined;
}

async function followOne(api: Api, display: Display, { job, lastEventId }: One): Promise<number> {
  const path = `/jobs/${encodeURIComponent(job.jobId)}/events`;
  const poll = () => pollJob(api, job.jobId);
  let status = '';
  for await (const event of feed(api, { path, lastEventId, isOneJob: true, poll })) {
    if (event.kind === 'job' && event.data.job_id === job.jobId) status = event.data.status;
    display.show(event, job.jobId);
  }
  return status === 'completed' ? EXIT.done : EXIT.failed;
}

/** Every job that is active or becomes it, until the signal of the API. */
export async function followAll(api: Api, terminal: Terminal, options: { json: boolean; names: Names }): Promise<void> {
  const display = openDisplay(terminal, options.json);
  try {
    const source = { path: '/events', lastEventId: undefined, isOneJob: false, poll: () => pollAll(api) };
    for await (const event of feed(api, source)) {
      if (event.kind === 'job' && event.data.parent_job_id === null) {
        const contextId = event.data.context_id;
        display.add(event.data.job_id, contextId === null ? undefined : await options.names(contextId));
      }
      display.show(event, undefined);
    }
  } finally {
    display.close();
  }
}

/** The name of the VM of a context. */
export type Names = (contextId: string) => Promise<string | undefined>;

function sayWhatGoesOn(terminal: Terminal, jobs: readonly Followed[]): void {
  for (const { jobId, name } of jobs) {
    const id = plainText(jobId);
    terminal.err(`${name === undefined ? '' : `${plainText(name)}: `}${id} goes on without you`);
    terminal.err(`  follow it again: migratekit job ${id} --follow`);
    terminal.err(`  cancel it:       migratekit cancel ${id}`);
  }
}
