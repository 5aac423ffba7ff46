import type { LogEvent } from '../client/answers.ts';
import type { StreamEvent } from '../client/event-stream.ts';
import { JobView } from './job-view.ts';

/** The jobs that a display knows, in the order in which they came. */
export class JobViews {
  readonly #views = new Map<string, JobView>();

  add(jobId: string, name: string | undefined): JobView {
    const known = this.#views.get(jobId);
    if (known !== undefined) {
      if (name !== undefined) known.setName(name);
      return known;
    }
    const view = new JobView(jobId, name);
    this.#views.set(jobId, view);
    return view;
  }

  /** The job that an event tells about, as it is now; undefined where there is nothing to show. */
  apply(event: Extract<StreamEvent, { kind: 'job' | 'progress' }>): JobView | undefined {
    // Children work for the job that is shown.
    if (event.kind === 'job' && event.data.parent_job_id !== null && !this.#views.has(event.data.job_id))
      return undefined;
    if (event.kind === 'progress' && !this.#views.has(event.data.job_id)) return undefined;
    const view = this.add(event.data.job_id, undefined);
    if (event.kind === 'job') view.job = event.data;
    else view.setProgress(event.data);
    return view;
  }

  /** A log line may tell which step a job is at. @returns the job, where that is news */
  note({ job_id: jobId, message, attrs }: LogEvent): JobView | undefined {
    const view = jobId === null ? undefined : this.#views.get(jobId);
    const { step } = Object(attrs) as { step?: unknown };
    if (view === undefined || typeof step !== 'string' || message !== 'step begun' || view.step === step)
      return undefined;
    view.step = step;
    return view;
  }

  nameOf(jobId: string | null): string | undefined {
    return jobId === null ? undefined : this.#views.get(jobId)?.name;
  }

  remove(jobId: string): void {
    this.#views.delete(jobId);
  }

  all(): JobView[] {
    return [...this.#views.values()];
  }
}

/** Log events that a person wants to see between the bars. */
export const isRemarkable = (level: string): boolean => level === 'WARN' || level === 'ERROR';
