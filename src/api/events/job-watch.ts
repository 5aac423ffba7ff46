import type { Knex } from '../../db/knex.ts';
import { progressOfJobs, type JobProgressRecord } from '../../db/stores/job-progress-store.ts';
import { jobViewsByIds, openJobViews, type JobView } from '../../db/stores/job-view-store.ts';
import { SECOND } from '../../base/units.ts';
import { jobFrame, progressFrame } from './frames.ts';

/** Rows say when their statement began, and are seen when it has waited for locks and committed: look back this far. */
const OVERLAP_MS = 30 * SECOND;
/** Open jobs that one process watches for the streams of everything. */
const OPEN_JOBS_MAX = 5_000;

/** What clients were last told of a job, as frames. */
export interface JobState {
  readonly jobId: string;
  /** Changes when clients are told again: see `signatureOf`. */
  readonly signature: string;
  readonly job: string;
  /** Empty for a job that copies nothing. */
  readonly progress: string;
  readonly isOver: boolean;
}

export interface JobChange {
  readonly state: JobState;
  readonly isJobNew: boolean;
  readonly isProgressNew: boolean;
}

export interface Interest {
  /** Jobs that have a stream of their own. */
  readonly jobIds: readonly string[];
  /** Somebody listens to everything. */
  readonly everything: boolean;
  /** Jobs that wrote a log event since the last round: whatever moves a job does. */
  readonly touched: readonly string[];
}

/** Finds out which jobs changed, in at most four queries a round however many clients and jobs there are. */
export class JobWatch {
  readonly #db: Knex;
  readonly #states = new Map<string, JobState & { readonly rowAtMs: number }>();
  #askedAtMs: number | undefined;
  /** Grows with each round that brought something new. */
  version = 0;

  constructor(db: Knex) {
    this.#db = db;
  }

  stateOf(jobId: string): JobState | undefined {
    return this.#states.get(jobId);
  }

  /** Every job that is known: those that have not ended, once somebody listens to everything. */
  states(): Iterable<JobState> {
    return this.#states.values();
  }

  /** @returns what is new, and which of `jobIds` do not exist any more */
  async round(
    interest: Interest,
  ): Promise<{ readonly changes: readonly JobChange[]; readonly gone: readonly string[] }> {
    const ids = new Set(interest.everything ? [...interest.jobIds, ...interest.touched] : interest.jobIds);
    const rows = new Map<string, JobView>();
    for (const job of await this.#openJobs(interest.everything)) rows.set(job.id, job);
    for (const job of await jobViewsByIds(
      this.#db,
      [...ids].filter((id) => !rows.has(id)),
    ))
      rows.set(job.id, job);
    const moved = [...rows.values()].filter((job) => this.#hasMoved(job));
    const changes = await this.#update(moved);
    this.#forget(interest);
    if (changes.length > 0) this.version += 1;
    return { changes, gone: interest.jobIds.filter((id) => !rows.has(id)) };
  }

  async #openJobs(everything: boolean): Promise<JobView[]> {
    if (!everything) {
      this.#askedAtMs = undefined;
      return [];
    }
    const askedAtMs = performance.now();
    const changedWithinMs = this.#askedAtMs === undefined ? undefined : askedAtMs - this.#askedAtMs + OVERLAP_MS;
    const jobs = await openJobViews(this.#db, { changedWithinMs, limit: OPEN_JOBS_MAX });
    this.#askedAtMs = askedAtMs;
    return jobs;
  }

  /** Two writes of one millisecond have one time. */
  #hasMoved(job: JobView): boolean {
    const known = this.#states.get(job.id);
    return known?.rowAtMs !== job.updatedAt.getTime() || known.signature !== signatureOf(job);
  }

  async #update(moved: readonly JobView[]): Promise<JobChange[]> {
    const copying = moved.filter((job) => job.jobCategory === 'replication').map((job) => job.id);
    const progress = await progressOfJobs(this.#db, copying);
    return moved.flatMap((job) => {
      const known = this.#states.get(job.id);
      const state = snapshotOf(job, progress.get(job.id));
      this.#states.set(job.id, { ...state, rowAtMs: job.updatedAt.getTime() });
      const isJobNew = state.signature !== known?.signature;
      const isProgressNew = state.progress !== (known?.progress ?? '');
      return isJobNew || isProgressNew ? [{ state, isJobNew, isProgressNew }] : [];
    });
  }

  /** Jobs that ended, or that nobody listens to, need no memory. */
  #forget(interest: Interest): void {
    const own = new Set(interest.jobIds);
    for (const [id, state] of this.#states) {
      if (!own.has(id) && (state.isOver || !interest.everything)) this.#states.delete(id);
    }
  }
}

export function snapshotOf(job: JobView, progress: JobProgressRecord | undefined): JobState {
  return {
    jobId: job.id,
    signature: signatureOf(job),
    job: jobFrame(job),
    progress: progress === undefined ? '' : progressFrame(progress),
    isOver: job.dispatchState === 'closed',
  };
}

/** Clients hear of a job when one of these changes; a renewed lease alone is no news. */
function signatureOf(job: JobView): string {
  return [job.status, job.dispatchState, job.percentComplete, job.attempt, job.cancelRequestedAt?.getTime()].join('|');
}
